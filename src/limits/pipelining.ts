/** Handles pipelined requests of one connection one after the other, in the order in which they are answered. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

/**
 * Node passes on up to 64 KiB of pipelined requests in one turn, and emits no `close` for those of a broken connection whose
 * answer was not due. So a request is handled only when its answer is due (RFC 9112 §9.3.2): before, it costs and starts nothing.
 */
export function oneByOne(handle: RequestListener): RequestListener {
  return (request, response) => {
    // The socket belongs to the response that is due.
    if (response.socket !== null) handle(request, response)
    else response.once('socket', () => setImmediate(handleUnlessClosed, handle, request, response))
  }
}

/** In a turn of its own, because the answers of thousands of requests would otherwise follow each other in one. */
function handleUnlessClosed(
  handle: RequestListener,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (!response.destroyed) handle(request, response)
}
