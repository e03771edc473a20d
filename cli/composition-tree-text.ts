/** Formats the members of composed components as an indented list. */
import type { ComposedNode } from '../src/composition-tree.ts'

/** @returns lines with an empty one at the end; none where nothing is composed */
export function treeText(composed: readonly ComposedNode[]): string[] {
  if (composed.length === 0) return []
  return ['composed', ...composed.flatMap((node) => linesOf(node, 1)), '']
}

function linesOf(node: ComposedNode, depth: number): string[] {
  const { kind, id, members = [] } = node
  const line = `${'  '.repeat(depth)}${kind}/${id}  ${ownerText(node)}`.trimEnd()
  return [line, ...members.flatMap((member) => linesOf(member, depth + 1))]
}

/** Says which upstream owns the component, and whether it is reachable. */
export function ownerText({ upstream, state }: ComposedNode): string {
  if (state === 'composed') return ''
  if (state === 'unlisted')
    return `no upstream lists it${upstream ? `; expected at ${upstream}` : ''}`
  return state === 'ready' ? `at ${upstream}` : `at ${upstream}, which is ${STATES[state] ?? state}`
}

const STATES: Readonly<Record<string, string>> = {
  failing: 'down',
  refused: 'closed to the gateway: set config_token',
}
