/** What a person sees at `/` where the console is off. Programs get JSON there. */
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Keeps what CORS says of the answer. */
export function addVary(reply: FastifyReply, name: string): void {
  const before = reply.getHeader('vary')
  reply.header('vary', before ? `${String(before)}, ${name}` : name)
}

/** Whether a request comes from a person's browser: it takes HTML before anything else. */
export function wantsPage({ headers }: FastifyRequest): boolean {
  return /^\s*text\/html\b/i.test(headers.accept ?? '')
}

export function sendLandingPage(reply: FastifyReply, title: string): FastifyReply {
  const name = title.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`)
  return reply
    .header('content-type', 'text/html; charset=utf-8')
    .header('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
    .header('x-content-type-options', 'nosniff')
    .send(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name}</title>
<h1>${name}</h1>
<p>This is an AgentOS gateway. Its web console is switched off here.</p>
<ul>
<li><a href="docs">API reference</a></li>
<li><a href="openapi.json">OpenAPI document</a></li>
<li><a href="health">Health</a></li>
<li><a href="info">What is behind it</a></li>
</ul>
</html>
`)
}
