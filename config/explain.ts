/** Turns zod's findings into sentences that say what to write. */
import type * as z from 'zod'
import { nearest } from './nearest.ts'

/** A finding by its place in the parsed document. */
export interface ParseIssue {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

type ZodIssue = z.core.$ZodIssue

/** One issue for each thing wrong; unknown keys come with the nearest known one. */
export function explain(issues: readonly ZodIssue[]): ParseIssue[] {
  return issues.flatMap((issue) => explainOne(issue, []))
}

function explainOne(issue: ZodIssue, parent: readonly PropertyKey[]): ParseIssue[] {
  const path = [...parent, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    // The schema's error text is the list of the keys it knows: see `section` in fields.ts.
    const known = issue.message.split(' ')
    return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(key, known) }))
  }
  if (issue.code === 'invalid_union') {
    const meant = issue.errors.find((branch) => branch.every(isInside))
    if (meant !== undefined) return meant.flatMap((inner) => explainOne(inner, path))
  }
  return [{ path, message: issue.message }]
}

/** Whether the value had the right type for this branch of a union, so that this branch was meant. */
function isInside(issue: ZodIssue): boolean {
  return issue.path.length > 0 || issue.code === 'unrecognized_keys'
}

function unknownKey(key: string, known: readonly string[]): string {
  const meant = nearest(key, known)
  return meant === undefined
    ? `unknown key, expected one of ${known.join(', ')}`
    : `unknown key, did you mean "${meant}"?`
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
