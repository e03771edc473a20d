/**
 * Serves the web console at `/gateway/console/`, and its redirect at `/`. Loads the console's files at the first
 * request.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ConsoleFile, ConsoleFiles } from '../src/console.ts'
import { isConsoleOn } from '../src/console.ts'
import { GatewayError } from '../src/errors.ts'
import { addVary } from './landing-page.ts'

export interface ConsoleOptions {
  /** Undefined for a program without a console. */
  readonly files: (() => Promise<ConsoleFiles>) | undefined
}

/** Content security policy: only files of this server, no inline code, and HTML only through the sanitiser's policy. */
const CONSOLE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob: data:",
  "connect-src 'self'",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types dompurify',
].join('; ')

const YEAR_SECONDS = 31_536_000

export default async function consoleRoute(app: FastifyInstance, { files }: ConsoleOptions) {
  let loaded: Promise<ConsoleFiles> | undefined

  async function fileNamed(request: FastifyRequest, name: string): Promise<ConsoleFile> {
    if (files === undefined || !isConsoleOn(request.gateway.config)) {
      throw new GatewayError('AGW_NOT_FOUND')
    }
    loaded ??= files().catch((error: unknown) => {
      loaded = undefined
      throw error
    })
    const file = (await loaded).get(name)
    if (file === undefined) throw new GatewayError('AGW_NOT_FOUND')
    return file
  }

  app.get('/gateway/console', { config: { access: 'open' } }, async (request, reply) => {
    const file = await fileNamed(request, '')
    // The page uses relative addresses, which need the trailing slash.
    const [path = ''] = request.originalUrl.split('?')
    if (!path.endsWith('/')) return reply.redirect('console/')
    return sendFile(request, reply, file)
  })

  app.get<{ Params: { name: string } }>(
    '/gateway/console/:name',
    { config: { access: 'open' } },
    async (request, reply) =>
      sendFile(request, reply, await fileNamed(request, request.params.name)),
  )

  app.get('/favicon.ico', { config: { access: 'open' } }, async (request, reply) =>
    sendFile(request, reply, await fileNamed(request, 'icon.svg')),
  )
}

function sendFile(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  { type, body, gzip, isImmutable }: ConsoleFile,
) {
  const isCompressed = /\bgzip\b/.test(String(headers['accept-encoding'] ?? ''))
  addVary(reply, 'accept-encoding')
  if (isCompressed) reply.header('content-encoding', 'gzip')
  return reply
    .header('content-type', type)
    .header('content-security-policy', CONSOLE_POLICY)
    .header('cross-origin-opener-policy', 'same-origin')
    .header(
      'cache-control',
      isImmutable ? `public, max-age=${YEAR_SECONDS}, immutable` : 'no-store',
    )
    .send(isCompressed ? gzip : body)
}
