/** Accepts an unsolicited `100 Continue` of an upstream (RFC 9110 §15.2). undici would close the connection. */
type HeadersComplete = (status: number, isUpgrade: boolean, isKeptAlive: boolean) => number

/** The part of undici's HTTP/1.1 parser that handles a head. */
export interface Parser {
  onHeadersComplete: HeadersComplete
}

const CONTINUE = 100
/** An informational status that undici skips. */
const PROCESSING = 102

/**
 * Makes the parser of a new connection treat 100 as any other informational status. Costs one comparison per head.
 *
 * @see undici `lib/dispatcher/client-h1.js`, `onHeadersComplete`
 */
export function acceptContinue(parser: Parser): void {
  const { onHeadersComplete } = parser
  parser.onHeadersComplete = function (this: Parser, status, isUpgrade, isKeptAlive) {
    const known = status === CONTINUE ? PROCESSING : status
    return onHeadersComplete.call(this, known, isUpgrade, isKeptAlive)
  }
}
