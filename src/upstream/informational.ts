/** Accepts an unsolicited `100 Continue` of an upstream (RFC 9110 §15.2). undici would close the connection. */
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'

const { kParser, kSocket } = createRequire(import.meta.url)('undici/lib/core/symbols.js') as {
  readonly kParser: unique symbol
  readonly kSocket: unique symbol
}

type HeadersComplete = (status: number, isUpgrade: boolean, isKeptAlive: boolean) => number

/** The part of undici's HTTP/1.1 parser that handles a head. */
interface Parser {
  onHeadersComplete: HeadersComplete
}

const CONTINUE = 100
/** An informational status that undici skips. */
const PROCESSING = 102

/**
 * Makes the parser of a new connection treat 100 as any other informational status. Costs one comparison per head.
 *
 * @param client undici's client after its connect
 * @see undici `lib/dispatcher/client-h1.js`, `onHeadersComplete`
 */
export function acceptContinue(client: object): void {
  const socket = (client as { [kSocket]?: Socket & { [kParser]?: Parser } })[kSocket]
  const parser = socket?.[kParser]
  if (parser === undefined) return
  const { onHeadersComplete } = parser
  parser.onHeadersComplete = function (this: Parser, status, isUpgrade, isKeptAlive) {
    const known = status === CONTINUE ? PROCESSING : status
    return onHeadersComplete.call(this, known, isUpgrade, isKeptAlive)
  }
}
