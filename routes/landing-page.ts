/** Serves the landing page at `/` when the console is off. Programs get JSON. */
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Adds to `Vary` and keeps the values of CORS. */
export function addVary(reply: FastifyReply, name: string): void {
  const before = reply.getHeader('vary')
  reply.header('vary', before ? `${String(before)}, ${name}` : name)
}

/** Whether the request comes from a browser: it prefers HTML. */
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
<p>This is an AgentOS gateway. Its web console is off.</p>
<ul>
<li><a href="docs">API reference</a></li>
<li><a href="openapi.json">OpenAPI document</a></li>
<li><a href="health">Health</a></li>
<li><a href="info">Upstreams</a></li>
</ul>
</html>
`)
}
