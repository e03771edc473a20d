/** Explains a syntax error of YAML or JSON: position, probable cause and lines to copy. */
import type { YAMLError } from 'yaml'
import { isKnownKey, keyPlaces } from './known-keys.ts'
import { shownPair } from './shown-line.ts'

/** An explanation that replaces the parser's. Line and column count from 1. */
export interface SyntaxHint {
  readonly line: number
  readonly column: number
  readonly message: string
  readonly example: readonly string[]
}

/** One line of the source, up to its key. */
interface KeyLine {
  /** From 0. */
  readonly index: number
  /** Column of the key, from 0, after the dash of a list item. */
  readonly column: number
  readonly dash: string
  readonly key: string
  readonly value: string
}

const KEY_LINE = /^(\s*)(-\s+)?(["']?)([\w$.-]+)\3\s*:(?:\s+(.*?))?\s*$/
const INDENT_ERRORS = new Set(['BAD_INDENT', 'BLOCK_AS_IMPLICIT_KEY', 'MULTILINE_IMPLICIT_KEY'])

/** @returns undefined when the parser's own message is best */
export function syntaxHint(error: YAMLError, source: string): SyntaxHint | undefined {
  const lines = source.split(/\r?\n/)
  const offset = error.pos[0]
  const index = source.slice(0, offset).split('\n').length - 1
  const line = lines[index] ?? ''
  // A reference without quotes: yaml-document.ts explains the parser's message.
  if (/[[{].*(?<!["'\w])\$\{/.test(line)) return undefined
  if (error.code === 'DUPLICATE_KEY') return duplicateHint(lines, index)
  if (/^\s*[[{]/.test(source) || /flow/.test(error.message)) {
    return flowHint(error, source, offset)
  }
  return (
    tabHint(lines, index) ??
    quoteHint(error, lines) ??
    dashHint(lines, index) ??
    colonHint(error, lines, index) ??
    indentHint(error, lines, index)
  )
}

/** Finds the first occurrence of a duplicate key. */
function duplicateHint(lines: readonly string[], index: number): SyntaxHint | undefined {
  const own = keyLineAt(lines, index)
  if (own === undefined) return undefined
  for (let at = index - 1; at >= 0; at--) {
    const before = keyLineAt(lines, at)
    if (before?.key !== own.key || before.column !== own.column) continue
    const message = `this key occurs twice, first in line ${at + 1}: keep one of them`
    return { line: index + 1, column: own.column + 1, message, example: [] }
  }
  return undefined
}

function tabHint(lines: readonly string[], index: number): SyntaxHint | undefined {
  const line = lines[index] ?? ''
  const tab = /^ *\t/.exec(line)
  if (tab === null) return undefined
  const before = keyLineBefore(lines, index)
  const own = keyLineAt(lines, index)
  const isBelow = before !== undefined && before.value === ''
  const column = before === undefined ? 0 : before.column + (isBelow ? 2 : 0)
  const example = [before && shown(before), own && shown({ ...own, column })]
  return {
    line: index + 1,
    column: tab[0].length,
    message: 'this line is indented with a tab; YAML allows only blanks',
    example: example.filter((text) => text !== undefined),
  }
}

/** The parser reports the end of the file, but the mistake is at the opening quote. */
function quoteHint({ message }: YAMLError, lines: readonly string[]): SyntaxHint | undefined {
  if (!message.startsWith('Missing closing')) return undefined
  const index = lines.findIndex((line) => {
    const [, quote, rest] = /(?::|-)\s+(["'])(.*)$/.exec(line) ?? []
    return quote !== undefined && !rest?.includes(quote)
  })
  const own = keyLineAt(lines, index)
  if (index === -1) return undefined
  const quote = /["']/.exec(lines[index] ?? '')
  return {
    line: index + 1,
    column: (quote?.index ?? 0) + 1,
    message: 'the quote that opens here is not closed in its line',
    example: own ? [`${head(own)}: "…"`] : [],
  }
}

function dashHint(lines: readonly string[], index: number): SyntaxHint | undefined {
  for (const near of [index, index - 1]) {
    const match = /^(\s*)-([A-Za-z]\w*)\s*:\s*(.*)$/.exec(lines[near] ?? '')
    if (match === null) continue
    const [, indent = '', key = '', value = ''] = match
    return {
      line: near + 1,
      column: indent.length + 1,
      message: 'a blank is missing after the dash',
      example: [`${indent}- ${shownPair(key, value)}`],
    }
  }
  return undefined
}

function colonHint(
  { code }: YAMLError,
  lines: readonly string[],
  index: number,
): SyntaxHint | undefined {
  const line = lines[index] ?? ''
  const own = keyLineAt(lines, index)
  if (code === 'BLOCK_AS_IMPLICIT_KEY' && own && /:\s/.test(own.value)) {
    return {
      line: index + 1,
      column: line.indexOf(own.value) + 1,
      message: 'a value that contains a colon and a blank needs quotes',
      example: [`${head(own)}: "…"`],
    }
  }
  const [, indent = '', word = ''] = /^(\s*(?:- )?)([\w.-]+)\s*$/.exec(line) ?? []
  if (!isKnownKey(word)) return undefined
  return {
    line: index + 1,
    column: line.trimEnd().length + 1,
    message: `a colon is missing after "${word}"`,
    example: [`${indent}${word}:`],
  }
}

/** Hints at a key whose indentation differs from that of its neighbors. */
function indentHint(
  { code, message }: YAMLError,
  lines: readonly string[],
  index: number,
): SyntaxHint | undefined {
  if (!INDENT_ERRORS.has(code) && !message.startsWith('Sequence item without')) return undefined
  const isSwallowed = code === 'BLOCK_AS_IMPLICIT_KEY' || code === 'MULTILINE_IMPLICIT_KEY'
  const at = isSwallowed ? index + 1 : index
  const own = keyLineAt(lines, at)
  const before = keyLineBefore(lines, at, own?.dash !== '')
  if (own === undefined || before === undefined || own.column === before.column) return undefined
  const isTopLevel = before.column > 0 && !areBeside(own.key, before.key) && isAtTop(own.key)
  if (isTopLevel) {
    const line = `"${own.key}" is a top-level key: start it in column 1`
    const message = `wrong indentation: ${line}`
    return {
      line: at + 1,
      column: own.column + 1,
      message,
      example: [shown({ ...own, column: 0, dash: '' })],
    }
  }
  const isChild = before.value === ''
  const column = before.column + (isChild ? 2 : 0)
  const names = [own, before].map(({ key }) => (isKnownKey(key) ? `"${key}"` : 'this key'))
  const columns = `column ${own.column + 1}`
  const expected = `${isChild ? 'below' : 'beside'} ${names[1]} it begins in column ${column + 1}`
  return {
    line: at + 1,
    column: own.column + 1,
    message: `wrong indentation: ${names[0]} begins in ${columns}, ${expected}`,
    example: [shown(before), shown({ ...own, column })],
  }
}

/** Whether some section contains both keys. */
function areBeside(key: string, other: string): boolean {
  const sections = (name: string) =>
    keyPlaces()
      .filter(({ path }) => path.at(-1) === name)
      .map(({ path }) => path.slice(0, -1).join('.'))
  const others = sections(other)
  return sections(key).some((section) => others.includes(section))
}

function isAtTop(key: string): boolean {
  return keyPlaces().some(({ path }) => path.length === 1 && path[0] === key)
}

function flowHint(error: YAMLError, source: string, offset: number): SyntaxHint | undefined {
  if (/must end with/.test(error.message)) return unclosedHint(source)
  if (error.code === 'BLOCK_IN_FLOW') return flowPairHint(source, offset)
  const isMissing = /^Missing , /.test(error.message) || error.code === 'UNEXPECTED_TOKEN'
  const isItem =
    /^\s*[[{"]/.test(source.slice(offset)) && /[\]}"]\s*$/.test(source.slice(0, offset))
  if (isMissing && isItem && /,? or/.test(error.message)) return itemCommaHint(source, offset)
  const before = source.slice(0, offset).trimEnd()
  const after = /^\s*(["']?)([\w$.-]+)\1\s*:/.exec(source.slice(offset))
  if (!isMissing || after === null || /[,{[:]$/.test(before)) return undefined
  const line = before.split('\n').length
  const last = before.slice(before.lastIndexOf('\n') + 1)
  const keys = [...last.matchAll(/(["'])([\w$.-]+)\1\s*:/g)].map(([, , key = '']) => key)
  const key = keys.at(-1)
  const shownKeys = [key, after[2]].map((name = '') => (isKnownKey(name) ? `"${name}"` : '"…"'))
  return {
    line,
    column: last.length + 1,
    message: 'a comma is missing here',
    example: [`${shownKeys[0]}: …,`, `${shownKeys[1]}: …`],
  }
}

/** Explains a missing comma between two items in brackets. */
function itemCommaHint(source: string, offset: number): SyntaxHint {
  const before = source.slice(0, offset).trimEnd()
  const last = before.slice(before.lastIndexOf('\n') + 1)
  return {
    line: before.split('\n').length,
    column: last.length + 1,
    message: 'a comma is missing here',
    example: before.endsWith('}') ? ['{ … },', '{ … }'] : ['…,', '…'],
  }
}

/** Explains a missing comma between two pairs in braces: `{host: a port: 1}`. */
function flowPairHint(source: string, offset: number): SyntaxHint | undefined {
  const start = source.lastIndexOf('\n', offset) + 1
  const [line = ''] = source.slice(start).split('\n')
  const match =
    /(["']?)([\w$.-]+)\1:\s+(?:"[^"]*"|'[^']*'|[^\s,{}[\]]+)(?=\s+["']?([\w$.-]+)["']?:\s)/.exec(
      line,
    )
  if (match === null) return undefined
  const [pair, , key = '', next = ''] = match
  const names = [key, next].map((name) => (isKnownKey(name) ? name : '…'))
  return {
    line: source.slice(0, start).split('\n').length,
    column: match.index + pair.length + 1,
    message: 'a comma is missing here',
    example: [`${names[0]}: …, ${names[1]}: …`],
  }
}

/** Finds the bracket without a counterpart. */
function unclosedHint(source: string): SyntaxHint | undefined {
  const open: number[] = []
  for (const match of source.matchAll(/"(?:[^"\\]|\\.)*"|'[^']*'|[[\]{}]/g)) {
    if ('[{'.includes(match[0])) open.push(match.index)
    else if (']}'.includes(match[0])) open.pop()
  }
  const at = open.at(-1)
  if (at === undefined) return undefined
  const before = source.slice(0, at)
  const bracket = source[at] as string
  return {
    line: before.split('\n').length,
    column: at - before.lastIndexOf('\n'),
    message: `the ${bracket} that opens here is not closed: a ${bracket === '{' ? '}' : ']'} is missing`,
    example: [],
  }
}

function keyLineAt(lines: readonly string[], index: number): KeyLine | undefined {
  const match = KEY_LINE.exec(lines[index] ?? '')
  if (match === null) return undefined
  const [, indent = '', dash = '', , key = '', value = ''] = match
  const text = value.replace(/\s+#.*$/, '')
  return { index, column: indent.length + dash.length, dash, key, value: text }
}

/** @param isItem counts only lines that begin an item of a list */
function keyLineBefore(
  lines: readonly string[],
  index: number,
  isItem = false,
): KeyLine | undefined {
  for (let at = index - 1; at >= 0; at--) {
    const found = keyLineAt(lines, at)
    if (found !== undefined && (!isItem || found.dash !== '')) return found
  }
  return undefined
}

function head({ column, dash, key }: KeyLine): string {
  return `${' '.repeat(Math.max(0, column - dash.length))}${dash}${isKnownKey(key) ? key : '…'}`
}

function shown(line: KeyLine): string {
  const { column, dash, key, value } = line
  return `${' '.repeat(Math.max(0, column - dash.length))}${dash}${shownPair(key, value)}`
}
