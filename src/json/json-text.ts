/**
 * Splits JSON text at its top level without parsing it. So answers of several AgentOS are joined byte for byte: numbers
 * such as `1.0` and unknown members stay unchanged.
 *
 * The text should be valid JSON. For other text the results are undefined, or a `SyntaxError` is thrown.
 */

const QUOTE = 34
const OPEN_BRACKET = 91
const CLOSE_BRACKET = 93
const OPEN_BRACE = 123
const CLOSE_BRACE = 125

/** A range of the text. */
interface Span {
  readonly start: number
  readonly end: number
}

/** The raw texts of the elements of an array. */
export function arrayItems(text: string): string[] {
  return topLevel(text).map(({ start, end }) => text.slice(start, end).trim())
}

/** Raw texts of the values of an object's members, by name, in their order. A repeated name keeps its last value. */
export function objectMembers(text: string): Map<string, string> {
  return new Map(members(text))
}

/** Names of an object's members in their order, a repeated one each time. */
export function memberNames(text: string): string[] {
  return Array.from(members(text), ([name]) => name)
}

function* members(text: string): Iterable<[name: string, value: string]> {
  for (const { start, end } of topLevel(text)) {
    const member = text.slice(start, end)
    const keyEnd = stringEnd(member, member.indexOf('"'))
    const name = JSON.parse(member.slice(member.indexOf('"'), keyEnd)) as string
    yield [name, member.slice(member.indexOf(':', keyEnd) + 1).trim()]
  }
}

/** The object text with one member's value replaced, or added at the end. @param value raw JSON */
export function withMember(text: string, name: string, value: string): string {
  return objectText(objectMembers(text).set(name, value))
}

/** Object text from raw member values. */
export function objectText(members: ReadonlyMap<string, string>): string {
  return `{${[...members].map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`
}

/** The spans between the commas of the outermost array or object. */
function topLevel(text: string): Span[] {
  const spans: Span[] = []
  let depth = 0
  let start = 0
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (char === '"') i = stringEnd(text, i) - 1
    else if (char === '[' || char === '{') {
      if (depth++ === 0) start = i + 1
    } else if (char === ']' || char === '}') {
      if (--depth === 0 && text.slice(start, i).trim() !== '') spans.push({ start, end: i })
    } else if (char === ',' && depth === 1) {
      spans.push({ start, end: i })
      start = i + 1
    }
  }
  return spans
}

/**
 * Index after the closing quote of the string that begins at `open`.
 *
 * @throws {SyntaxError} when the text ends inside the string
 */
export function stringEnd(text: string, open: number): number {
  for (let from = open + 1; ; ) {
    const quote = text.indexOf('"', from)
    if (quote === -1) throw new SyntaxError('Unterminated string in JSON')
    let backslashes = 0
    while (quote - backslashes > from && text[quote - 1 - backslashes] === '\\') backslashes++
    if (backslashes % 2 === 0) return quote + 1
    from = quote + 1
  }
}

/**
 * Returns the raw value of a member of the outermost object, without reading the text after it. Undefined if the first
 * member of that name is nested, or if there is space around its colon.
 *
 * @throws {SyntaxError} when the text ends inside a string
 */
export function firstMember(text: string, name: string): string | undefined {
  const key = `"${name}":`
  const at = text.indexOf(key)
  if (at === -1 || walk(text, 0, at).depth !== 1) return undefined
  const start = at + key.length
  return text.slice(start, walk(text, start, text.length).end)
}

/** Scans up to `end`, or to the end of the value that begins at `start`. */
function walk(text: string, start: number, end: number): { depth: number; end: number } {
  let depth = 0
  let i = start
  while (i < end) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) i = stringEnd(text, i) - 1
    else if (code === OPEN_BRACKET || code === OPEN_BRACE) depth++
    else if (code === CLOSE_BRACKET || code === CLOSE_BRACE) {
      if (--depth === 0) return { depth, end: i + 1 }
    }
    i++
  }
  return { depth, end: i }
}
