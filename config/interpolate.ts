/**
 * Replaces references to environment variables in a parsed document. Because the document is already parsed, a value
 * cannot add keys or list items.
 */
import type { ParseIssue } from './explain.ts'
import { nearest } from './nearest.ts'

/** Environment variables by name; `process.env` is one. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A text with its references replaced, or the error. */
export type Interpolated = { readonly text: string } | { readonly problems: readonly string[] }

// An escape, a whole reference, or the start of a broken one.
const TOKEN = /\$\$\{|\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}|\$\{/g

/**
 * Replaces `${VAR}` and `${VAR:-default}` in one text; the default applies to a missing or empty variable. `$${` means
 * `${`. Inserted text is not scanned again. A `$` without `{` is an ordinary character.
 */
export function interpolateText(text: string, env: Environment): Interpolated {
  const problems: string[] = []
  const replaced = text.replace(TOKEN, (token: string, name?: string, fallback?: string) => {
    if (token === '$${') return '${'
    if (name === undefined) {
      problems.push('invalid reference: write ${NAME} or ${NAME:-default}, or $${ for the text ${')
      return ''
    }
    // Own properties only: `${constructor}` is no variable.
    const value = Object.hasOwn(env, name) ? env[name] : undefined
    if (fallback !== undefined) return value === undefined || value === '' ? fallback : value
    if (value === undefined) {
      const meant = nearest(name, Object.keys(env))
      problems.push(
        `the environment variable ${name} is not set and has no default (\${${name}:-…})${meant === undefined ? '' : `; did you mean ${meant}?`}`,
      )
    }
    return value ?? ''
  })
  return problems.length > 0 ? { problems } : { text: replaced }
}

/**
 * Replaces the references in every text of a parsed document; keys stay unchanged. An empty result becomes null, like an
 * empty scalar in YAML. Numbers and booleans stay text, because the schema converts them: so a secret of digits stays
 * unchanged.
 *
 * @returns the document, and one issue for each reference that cannot be replaced
 */
export function interpolate(
  document: unknown,
  env: Environment,
): { readonly value: unknown; readonly issues: readonly ParseIssue[] } {
  const issues: ParseIssue[] = []
  const walk = (node: unknown, path: readonly PropertyKey[]): unknown => {
    if (Array.isArray(node)) return node.map((item, index) => walk(item, [...path, index]))
    if (typeof node === 'object' && node !== null) {
      return Object.fromEntries(
        Object.entries(node).map(([key, value]) => [key, walk(value, [...path, key])]),
      )
    }
    if (typeof node !== 'string') return node
    const result = interpolateText(node, env)
    if ('problems' in result) {
      issues.push(...result.problems.map((message) => ({ path, message })))
      return node
    }
    return result.text === '' && node !== '' ? null : result.text
  }
  return { value: walk(document, []), issues }
}
