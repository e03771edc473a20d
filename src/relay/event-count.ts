/** Counts the events in bytes that hold whole ones. */

const LF = 10
const CR = 13
const COLON = 58

/**
 * Blank lines that end something else than a comment. Line ends are searched for natively: AgentOS's events have three.
 * Comments, such as heartbeats, are no events.
 */
export function countEvents(bytes: Buffer): number {
  let count = 0
  let start = 0
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) {
    // A blank line that ends nothing.
    if (at === start || (at === start + 1 && bytes[start] === CR)) {
      start = at + 1
      continue
    }
    let end = at + 1
    if (bytes[end] === CR) end++
    if (bytes[end] !== LF) continue
    if (bytes[start] !== COLON) count++
    at = end
    start = end + 1
  }
  return count
}
