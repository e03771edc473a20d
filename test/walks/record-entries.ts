/**
 * Records which files of the project a request enters, in the order of the first function called in each. A
 * load hook inserts a call at the start of every function; load this file first: `node --import
 * ./test/walks/record-entries.ts`.
 */
import { readFileSync } from 'node:fs'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAst } from 'rolldown/parseAst'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const RECORDED = /^(?:app\.ts$|(?:config|plugins|routes|src)[\\/])/

const recorder = globalThis as unknown as { enterFile?: (path: string) => void }
let entered: Set<string> | undefined

recorder.enterFile = (path) => entered?.add(path)

/** Starts a recording. @returns a function that ends it and returns the files in the order of entry */
export function recordEntries(): () => string[] {
  const files = new Set<string>()
  entered = files
  return () => {
    entered = undefined
    return [...files]
  }
}

registerHooks({
  load(url, context, nextLoad) {
    const path = url.startsWith('file:') ? relative(ROOT, fileURLToPath(url)) : ''
    if (!RECORDED.test(path) || !path.endsWith('.ts')) return nextLoad(url, context)
    const code = stripTypeScriptTypes(readFileSync(fileURLToPath(url), 'utf8'))
    const source = withEntryCalls(code, path.replaceAll(sep, '/'))
    return { format: 'module', source, shortCircuit: true }
  },
})

interface Edit {
  readonly at: number
  readonly text: string
}

/** Inserts the call into each function body; an arrow function without a body gets a comma expression. */
function withEntryCalls(code: string, path: string): string {
  const call = `globalThis.enterFile(${JSON.stringify(path)})`
  const edits: Edit[] = []
  visit(parseAst(code), ({ body }) => {
    if (body.type === 'BlockStatement') {
      edits.push({ at: body.start + 1, text: `${call};` })
      return
    }
    edits.push({ at: body.start, text: `(${call},(` }, { at: body.end, text: '))' })
  })
  // Applied from the end, so that positions before an edit stay valid; at equal positions the inner edit
  // comes first.
  const ordered = edits.map((edit, index) => ({ ...edit, index }))
  ordered.sort((a, b) => b.at - a.at || a.index - b.index)
  return ordered.reduce(
    (text, { at, text: piece }) => text.slice(0, at) + piece + text.slice(at),
    code,
  )
}

interface Body {
  readonly type: string
  readonly start: number
  readonly end: number
}

function visit(node: unknown, onFunction: (found: { readonly body: Body }) => void): void {
  if (Array.isArray(node)) {
    for (const child of node) visit(child, onFunction)
    return
  }
  if (typeof node !== 'object' || node === null) return
  const { type, body } = node as { readonly type?: string; readonly body?: Body }
  const isFunction = type === 'ArrowFunctionExpression' || type?.startsWith('Function') === true
  if (isFunction && body) onFunction({ body })
  for (const child of Object.values(node)) visit(child, onFunction)
}
