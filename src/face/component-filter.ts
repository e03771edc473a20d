/** Decides which components a face shows, and parses the names that callers use for them. */
import type { ComponentKind, ComponentPattern, FaceConfig } from '../../config/types.ts'

/** A component that a caller names. */
export interface NamedComponent {
  /** Undefined for a bare id: any kind matches. */
  readonly kind: ComponentKind | undefined
  readonly id: string
}

const KINDS: Readonly<Record<string, ComponentKind>> = {
  agent: 'agents',
  team: 'teams',
  workflow: 'workflows',
}

/** Name of a component in lists, such as `agent/echo`. */
export function qualifiedName(kind: ComponentKind, id: string): string {
  return `${kind.slice(0, -1)}/${id}`
}

/** @param name `agent/ID`, `agents/ID`, teams and workflows likewise, or a bare id */
export function namedComponent(name: string): NamedComponent {
  const [, kind, id] = /^(agent|team|workflow)s?\/(.+)$/su.exec(name) ?? []
  return kind === undefined || id === undefined
    ? { kind: undefined, id: name }
    : { kind: KINDS[kind], id }
}

/** @param id public id */
export function isShown(
  { include, exclude }: FaceConfig,
  kind: ComponentKind,
  id: string,
): boolean {
  const matches = (pattern: ComponentPattern) => isMatch(pattern, kind, id)
  return !exclude.some(matches) && (include.length === 0 || include.some(matches))
}

function isMatch(pattern: ComponentPattern, kind: ComponentKind, id: string): boolean {
  if (pattern.kind !== undefined && pattern.kind !== kind) return false
  const parts = pattern.id.split('*')
  const [first = '', ...rest] = parts
  if (rest.length === 0) return id === first
  const last = rest.at(-1) ?? ''
  if (!id.startsWith(first) || !id.endsWith(last)) return false
  let at = first.length
  for (const part of rest.slice(0, -1)) {
    const found = id.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return at + last.length <= id.length
}
