/** Extracts the prose of a source file: comments, docstrings, test names and the text lines of Markdown. */
import { parseSync, Visitor } from 'rolldown/utils'

export interface Passage {
  readonly kind: 'comment' | 'page' | 'test'
  /** Number of its line, from 1. */
  readonly line: number
  /** One line of prose, or the whole name of a test. */
  readonly text: string
}

/** Functions whose first argument names a test; `holds` defines a property of the fuzz tests. */
const TEST_FUNCTIONS = new Set(['it', 'test', 'holds'])

/** Comments that only instruct a tool. */
const DIRECTIVE = /^\s*(?:biome-ignore|v8 ignore|eslint|@ts-|shellcheck|noqa|fmt:|type:)/

/** @returns nothing for a file without prose that is checked */
export function passagesIn(file: string, text: string): readonly Passage[] {
  if (file.endsWith('.ts')) return [...commentsIn(file, text), ...testsIn(file, text)]
  if (file.endsWith('.py'))
    return [...hashComments(text), ...docstrings(text), ...pythonTests(text)]
  if (file.endsWith('.md')) return pageLines(text)
  if (/\.(?:sh|ya?ml|toml|Dockerfile)$|^\.ci\/|Dockerfile$/.test(file)) return hashComments(text)
  return []
}

function commentsIn(file: string, text: string): Passage[] {
  return parseSync(file, text)
    .comments.filter(({ value }) => !DIRECTIVE.test(value))
    .flatMap(({ value, start }) => linesOf(text, start, value.replace(/^\*/, '')))
    .map(({ line, text: prose }) => comment(line, prose.replace(/^\s*\*?\s*/, '')))
}

function testsIn(file: string, text: string): Passage[] {
  const found: Passage[] = []
  new Visitor({
    CallExpression: ({ callee, arguments: [name] }) => {
      if (!TEST_FUNCTIONS.has(functionOf(callee)) || name === undefined) return
      const isName = name.type === 'TemplateLiteral' || name.type === 'Literal'
      const value = text.slice(name.start + 1, name.end - 1)
      if (isName && /^['"`]/.test(text[name.start] ?? '')) {
        found.push({ kind: 'test', line: lineAt(text, name.start), text: value })
      }
    },
  }).visit(parseSync(file, text).program)
  return found
}

interface Callee {
  readonly type: string
  readonly name?: unknown
  readonly object?: unknown
  readonly callee?: unknown
  readonly tag?: unknown
}

/** @returns `test` for `test`, `test.each(…)` and the like */
function functionOf({ type, name, object, callee, tag }: Callee): string {
  if (type === 'Identifier') return String(name)
  const inner = object ?? callee ?? tag
  return inner === undefined ? '' : functionOf(inner as Callee)
}

function hashComments(text: string): Passage[] {
  return text.split('\n').flatMap((line, index) => {
    const [, prose = ''] = /^\s*#(?!!) ?(.*)$/.exec(line) ?? []
    return prose === '' || DIRECTIVE.test(prose) ? [] : [comment(index + 1, prose)]
  })
}

function docstrings(text: string): Passage[] {
  return [...text.matchAll(/^\s*"""([\s\S]*?)"""/gm)].flatMap(
    ({ 0: whole, 1: inner = '', index }) =>
      linesOf(text, index + whole.indexOf('"""'), inner).map(({ line, text: prose }) =>
        comment(line, prose.trim()),
      ),
  )
}

function pythonTests(text: string): Passage[] {
  return [...text.matchAll(/^\s*(?:async )?def test_(\w+)/gm)].map(
    ({ 1: name = '', index, 0: whole }) => ({
      kind: 'test',
      line: lineAt(text, index + whole.search(/\S/)),
      text: name.replaceAll('_', ' '),
    }),
  )
}

/** Lines of a page without tables, code blocks, generated comments and the targets of links. */
function pageLines(text: string): Passage[] {
  const blank = (part: string) => part.replace(/[^\n]/g, '')
  const prose = text
    .replace(/^( *)(```|~~~)[\s\S]*?^ *\2/gm, blank)
    .replace(/<!--[\s\S]*?-->/g, blank)
  return prose.split('\n').flatMap((line, index) => {
    if (/^\s*\||^ {4}|^\[[^\]]+\]:/.test(line) || line.trim() === '') return []
    const visible = line.replace(/\]\([^)]*\)/g, ']').replace(/https?:\S+/g, '')
    return [{ kind: 'page', line: index + 1, text: visible } as const]
  })
}

function comment(line: number, text: string): Passage {
  return { kind: 'comment', line, text }
}

function linesOf(text: string, start: number, value: string): { line: number; text: string }[] {
  const first = lineAt(text, start)
  return value.split('\n').map((each, index) => ({ line: first + index, text: each }))
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}
