/** Reads the text of an event stream. */

/** Returns the whole events of a text that may end within one. */
export function eventsIn(text: string): (Record<string, unknown> & { event: string })[] {
  return [...text.matchAll(/^data: (.*)\n\n/gm)].map(([, data = '']) => JSON.parse(data))
}
