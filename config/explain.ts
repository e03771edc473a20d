/** Turns zod's issues into sentences with a remedy. */
import type * as z from 'zod'
import { nearest } from './nearest.ts'
import { isShown } from './shown-line.ts'
import { exampleFor, listHint, mappingHint, misplacedKeyHint } from './structure-hint.ts'

/** An issue and its path in the parsed document. */
export interface ParseIssue {
  readonly path: readonly PropertyKey[]
  readonly message: string
  /** Lines to copy. */
  readonly example?: readonly string[]
}

type ZodIssue = z.core.$ZodIssue

/**
 * Returns one issue for each mistake; an unknown key comes with the nearest known key.
 *
 * @param document the parsed document
 */
export function explain(issues: readonly ZodIssue[], document: unknown): ParseIssue[] {
  return issues.flatMap((issue) => explainOne(issue, [], document))
}

function explainOne(
  issue: ZodIssue,
  parent: readonly PropertyKey[],
  document: unknown,
): ParseIssue[] {
  const path = [...parent, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    // The schema's error text lists the known keys: see `section` in fields.ts.
    const known = issue.message.split(' ')
    return issue.keys.map((key) => unknownKey([...path, key], known, valueAt(document, path)))
  }
  if (issue.code === 'invalid_union') {
    // Of several branches of the right type, reports the one with the fewest mistakes.
    const [meant] = issue.errors
      .filter((branch) => branch.every(isInside))
      .sort((a, b) => mistakes(a) - mistakes(b))
    if (meant !== undefined) return meant.flatMap((inner) => explainOne(inner, path, document))
  }
  return [{ path, message: issue.message, ...structureHint(issue, path, document) }]
}

function structureHint(issue: ZodIssue, path: readonly PropertyKey[], document: unknown) {
  const value = valueAt(document, path)
  if (value === undefined || value === null) return undefined
  const example = exampleFor(path)
  const byKey = example && { example }
  if (issue.code === 'invalid_union') return byKey
  if (issue.code !== 'invalid_type') return undefined
  if (issue.expected === 'array') return listHint(path, value) ?? byKey
  if (issue.expected === 'object' || issue.expected === 'record') {
    return mappingHint(path, value) ?? byKey
  }
  if (issue.expected !== 'string') return undefined
  const key = String(path.at(-1))
  if (typeof value === 'object') return templateHint(key, value)
  const quoted = isShown(key, value) || typeof value === 'boolean' ? String(value) : '…'
  return { message: `${issue.message}`, example: [`${key}: "${quoted}"`] }
}

/** `{{ NAME }}` is a reference in other programs, but a mapping in YAML. */
function templateHint(key: string, value: object) {
  const [, name] = /^\{ ([A-Za-z_]\w*) \}$/.exec(Object.keys(value)[0] ?? '') ?? []
  if (name === undefined) return undefined
  return { message: '{{ }} is not a reference', example: [`${key}: "\${${name}}"`] }
}

function valueAt(document: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | null)?.[key],
    document,
  )
}

function mistakes(branch: readonly ZodIssue[]): number {
  const count = (issue: ZodIssue) => (issue.code === 'unrecognized_keys' ? issue.keys.length : 1)
  return branch.reduce((sum, issue) => sum + count(issue), 0)
}

/** Whether the value has the right type for this branch of a union. */
function isInside(issue: ZodIssue): boolean {
  return issue.path.length > 0 || issue.code === 'unrecognized_keys'
}

function unknownKey(
  path: readonly PropertyKey[],
  known: readonly string[],
  section: unknown,
): ParseIssue {
  const meant = nearest(String(path.at(-1)), known)
  if (meant !== undefined) return { path, message: `unknown key, did you mean "${meant}"?` }
  const hint = misplacedKeyHint(path, section)
  if (hint !== undefined) return { path, ...hint }
  return { path, message: `unknown key, expected one of ${known.join(', ')}` }
}

/** `['upstreams', 0, 'url']` as `upstreams[0].url`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((part) => {
      if (typeof part === 'number') return `[${part}]`
      return /^[\w$-]+$/.test(String(part))
        ? `.${String(part)}`
        : `[${JSON.stringify(String(part))}]`
    })
    .join('')
    .replace(/^\./, '')
}
