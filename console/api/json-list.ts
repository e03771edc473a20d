/** Reads a JSON list while it arrives. A list of any length is parsed in parts, so that the page answers input between them. */
import { ListSplitter } from '../state/list-splitter.ts'
import { Pacer } from '../state/pacer.ts'

/** Longest text that is parsed at once, in characters, unless a single item is longer. */
const PIECE = 65_536

/**
 * Calls `onItem` for each item of the list in a body. A body with another JSON value has no items.
 *
 * @throws {SyntaxError} when the body is not JSON
 */
export async function readList(
  body: Response['body'],
  onItem: (item: unknown) => void,
): Promise<void> {
  const splitter = new ListSplitter(onItem)
  const pacer = new Pacer()
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const read = await reader?.read()
    if (read === undefined || read.done) break
    for (let start = 0; start < read.value.length; start += PIECE) {
      splitter.add(read.value.slice(start, start + PIECE))
      await pacer.rest()
    }
  }
  splitter.end()
}
