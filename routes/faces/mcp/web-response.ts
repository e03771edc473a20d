/** Writes a web-standard response of the SDK to the caller, with backpressure. */
import type { FastifyReply } from 'fastify'
import { replyHeaders } from '../../../plugins/errors.ts'

/** Headers of the connection, which Node sets itself. */
const DROPPED = new Set(['connection', 'transfer-encoding'])

/**
 * Takes the reply over from Fastify, and resolves when the response has been written or the caller has left.
 *
 * @param headers of the gateway, in lower case
 */
export async function sendWebResponse(
  reply: FastifyReply,
  response: Response,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { raw } = reply
  reply.hijack()
  if (raw.destroyed || raw.writableEnded) {
    await response.body?.cancel()
    return
  }
  const own = [...response.headers].filter(([name]) => !DROPPED.has(name))
  raw.writeHead(response.status, [
    ...replyHeaders(reply),
    ...own.flat(),
    ...Object.entries(headers).flat(),
  ])
  if (response.body === null) {
    raw.end()
    return
  }
  raw.flushHeaders()
  await pump(response.body, raw)
}

async function pump(body: ReadableStream<Uint8Array>, raw: FastifyReply['raw']): Promise<void> {
  const reader = body.getReader()
  const isOpen = () => !raw.destroyed && !raw.writableEnded
  const cancel = () => void reader.cancel().catch(() => undefined)
  let wake: (() => void) | undefined
  raw.on('drain', () => wake?.())
  raw.once('close', () => {
    wake?.()
    cancel()
  })
  for (;;) {
    const { done, value } = await reader.read()
    if (done || !isOpen()) break
    if (raw.write(value)) continue
    await new Promise<void>((resolve) => {
      wake = resolve
    })
  }
  if (isOpen()) raw.end()
  else cancel()
}
