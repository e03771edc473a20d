/** Defines the comment that keeps a silent event stream open, for the relay and the gateway's own test stream. */

/**
 * A comment line without a blank line behind it. A blank line dispatches an event, and readers such as httpx-sse and the openai
 * SDK for Python see one without data as soon as a stream has sent an `id`. The line belongs to the next event, where it means
 * nothing.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export const HEARTBEAT = ': heartbeat\n'

/** A line feed may still follow the CR that ended the last line: it then belongs to the line end of the comment. */
const BEHIND_CARRIAGE_RETURN = ': heartbeat\r'

/** @param endsWithCarriageReturn the last byte that was sent is a CR */
export function heartbeatBehind(endsWithCarriageReturn: boolean): string {
  return endsWithCarriageReturn ? BEHIND_CARRIAGE_RETURN : HEARTBEAT
}

const BYTE_ORDER_MARK = Buffer.from('\ufeff')

/** The first bytes of a stream, where a heartbeat went before them: a byte order mark is one only at the very beginning. */
export function behindHeartbeat(bytes: Buffer): Buffer {
  return bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? bytes.subarray(3) : bytes
}
