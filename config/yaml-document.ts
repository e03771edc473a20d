/** Parses YAML (and JSON, a subset of it) to plain data, and keeps the position of each key. */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml'
import { syntaxHint } from './syntax-hint.ts'

/** A position in a text; line and column count from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** A syntax error. Never quotes the text, which may contain secrets. */
export interface SyntaxIssue extends Position {
  readonly message: string
  /** Lines to copy. */
  readonly example?: readonly string[]
}

/** A document without syntax errors. */
export interface SourceDocument {
  /** The document as plain data. */
  readonly value: unknown
  /** Position of the key or list item at a path, or of the nearest container. */
  readonly locate: (path: readonly PropertyKey[]) => Position
}

/**
 * Parses one document of YAML 1.2 (core schema). Duplicate keys, unknown tags, unknown aliases and more than 100 alias
 * uses are errors.
 */
export function parseYaml(
  source: string,
): { readonly document: SourceDocument } | { readonly issues: readonly SyntaxIssue[] } {
  const lineCounter = new LineCounter()
  const document = parseDocument(source, { prettyErrors: false, logLevel: 'error', lineCounter })
  const at = (offset: number): Position => {
    const { line, col } = lineCounter.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const explain = (error: YAMLError): SyntaxIssue => {
    const [start] = error.pos
    const hint = syntaxHint(error, source)
    if (hint !== undefined) return hint
    return { ...at(start), message: syntaxMessage(error, lineAt(source, start)) }
  }
  // After a syntax error, the parser misreads the rest of the document.
  const broken = document.errors.find(({ code }) => code !== 'DUPLICATE_KEY')
  if (broken !== undefined) return { issues: [explain(broken)] }
  const issues = [...document.errors, ...document.warnings].map(explain)
  visit(document, {
    Alias: (_, alias, ancestors) => {
      const target = alias.resolve(document)
      const start = at(alias.range?.[0] ?? 0)
      if (target === undefined) {
        issues.push({ ...start, message: `no anchor &${alias.source} precedes this alias` })
      } else if (ancestors.includes(target)) {
        issues.push({ ...start, message: `the alias *${alias.source} is inside its own anchor` })
      }
    },
  })
  if (issues.length > 0) return { issues }
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 })
    return { document: { value, locate: (path) => at(offsetOf(document, path)) } }
  } catch {
    return {
      issues: [{ ...at(0), message: 'aliases (*name) are used too often' }],
    }
  }
}

function syntaxMessage({ code, message }: YAMLError, line: string): string {
  if (code === 'MULTIPLE_DOCS') return 'holds several YAML documents (---), expected one'
  if (code === 'DUPLICATE_KEY') return 'this key occurs twice'
  if (code === 'BAD_DQ_ESCAPE') return 'unknown escape in a "…" text; write \\\\ for a backslash'
  // After the colon, the parser's message quotes the text.
  const reason = `not valid YAML: ${message.replace(/: .*$/s, '')}`
  const isFlow = /[[{].*(?<!["'\w])\$\{/.test(line)
  return isFlow ? `${reason}; inside { } or [ ], a \${REFERENCE} needs quotes` : reason
}

function lineAt(source: string, offset: number): string {
  const start = source.lastIndexOf('\n', offset - 1) + 1
  const end = source.indexOf('\n', offset)
  return source.slice(start, end === -1 ? undefined : end)
}

function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents
  let offset = document.contents?.range[0] ?? 0
  for (const part of path) {
    const collection = isAlias(node) ? node.resolve(document) : node
    if (isMap(collection)) {
      const pair = collection.items.find(
        ({ key }) => isScalar(key) && String(key.value) === String(part),
      )
      if (pair === undefined) break
      offset = startOf(pair.key) ?? offset
      node = pair.value
    } else if (isSeq(collection)) {
      node = collection.items[Number(part)]
      offset = startOf(node) ?? offset
    } else break
  }
  return offset
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0]
}
