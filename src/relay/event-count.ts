/** Counts the events in bytes that hold whole ones. */

const LF = 10
const CR = 13
const COLON = 58

const BLANK_LINE = Buffer.from('\n\n')

/** Blank lines that end something else than a comment: comments, such as heartbeats, are no events. */
export function countEvents(bytes: Buffer): number {
  return bytes.includes(CR) ? countWithAnyLineEnd(bytes) : countWithLineFeeds(bytes)
}

/** As AgentOS writes them: one search for each event. */
function countWithLineFeeds(bytes: Buffer): number {
  let count = 0
  let start = 0
  for (let at = bytes.indexOf(BLANK_LINE); at !== -1; at = bytes.indexOf(BLANK_LINE, start)) {
    // Blank lines that end nothing.
    while (bytes[start] === LF && start < at) start++
    if (start < at && bytes[start] !== COLON) count++
    start = at + 2
  }
  return count
}

function countWithAnyLineEnd(bytes: Buffer): number {
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
