/** Turns zod's issues into sentences with a remedy. */
import type * as z from 'zod'
import { exampleFor } from './example-value.ts'
import { schemaAt } from './known-keys.ts'
import { nearest } from './nearest.ts'
import { isPlain } from './plain-text.ts'
import { isShown } from './shown-line.ts'
import { listHint, mappingHint, misplacedKeyHint } from './structure-hint.ts'

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
  const { message } = issue
  if (message.includes('did you mean')) return [{ path, message }]
  return [{ path, message, ...lines(path), ...structureHint(issue, path, document) }]
}

function lines(path: readonly PropertyKey[]): Pick<ParseIssue, 'example'> {
  const example = exampleFor(path)
  return example === undefined ? {} : { example }
}

function structureHint(
  issue: ZodIssue,
  path: readonly PropertyKey[],
  document: unknown,
): Partial<ParseIssue> | undefined {
  const value = valueAt(document, path)
  if (value === undefined || value === null || issue.code !== 'invalid_type') return undefined
  const { expected } = issue
  if (expected === 'array') return listHint(path, value)
  if (expected === 'object' || expected === 'record') return mappingHint(path, value)
  if (Array.isArray(value)) return pluralHint(path, value)
  if (expected !== 'string') return undefined
  const key = String(path.at(-1))
  if (typeof value === 'object') return templateHint(key, value)
  if (typeof path.at(-1) === 'number') return undefined
  const isText =
    /\btext\b/.test(issue.message) && (isShown(key, value) || typeof value === 'boolean')
  return isText ? { example: [`${key}: "${String(value)}"`] } : undefined
}

/** A list in place of one value: `url: [http://a]` probably means `urls`. */
function pluralHint(path: readonly PropertyKey[], value: readonly unknown[]) {
  const key = `${String(path.at(-1))}s`
  if (schemaAt([...path.slice(0, -1), key])?.items === undefined) return undefined
  const isOpen = value.length > 0 && value.every((one) => isPlain(one) && isShown(key, one))
  return {
    message: `expected one value: "${key}" takes a list`,
    ...(isOpen
      ? { example: [`${key}: [${value.join(', ')}]`] }
      : lines([...path.slice(0, -1), key])),
  }
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

/** Keys that decide the kind of an entry, also in an entry with other mistakes. */
const DECIDING_KEYS = new Set(['members', 'steps'])
const DECIDING_WEIGHT = 100

function mistakes(branch: readonly ZodIssue[]): number {
  const weight = (key: string) => (DECIDING_KEYS.has(key) ? DECIDING_WEIGHT : 1)
  const count = (issue: ZodIssue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.reduce((sum, key) => sum + weight(key), 0) : 1
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
