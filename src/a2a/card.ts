/** Converts the card of an A2A server to AgentOS's cards, lists and configs. */
import type { ComponentConfig, ComponentKind } from '../../config/types.ts'
import { isObject, listOf, textIn } from './wire.ts'

type Dict = Record<string, unknown>

/** What is known of a component beside the card. */
type Named = Pick<ComponentConfig, 'kind' | 'upstreamId'>

/** Facts of the card that AgentOS's cards have no member for. None of them holds an address. */
const FACTS = {
  version: 'version',
  protocolVersion: 'protocol_version',
  capabilities: 'capabilities',
  defaultInputModes: 'default_input_modes',
  defaultOutputModes: 'default_output_modes',
} as const

/**
 * As Agno's remotes give it: id, name and description; beside that the skills, and in the metadata what else the card says.
 *
 * @param card the server's answer; undefined where it has none, which A2A allows
 */
export function cardOf(card: unknown, id: string): Dict {
  if (!isObject(card)) return { id, name: id, description: `A2A agent: ${id}` }
  const { skills } = card
  const metadata: Dict = { protocol: 'a2a' }
  for (const [from, to] of Object.entries(FACTS)) {
    const value = card[from]
    if (value !== undefined && value !== null) metadata[to] = value
  }
  return {
    id,
    name: textIn(card, 'name') ?? id,
    description: textIn(card, 'description') ?? '',
    skills: listOf(Array.isArray(skills) ? skills : []),
    metadata,
  }
}

/**
 * What an AgentOS with these components would answer to a GET of `path`.
 *
 * @returns undefined for paths that ask for nothing a card knows
 */
export function viewOf(card: unknown, path: string, components: readonly Named[]): unknown {
  const [, first = '', encodedId] = path.split('/')
  const lists = {
    agents: listed(card, 'agents', components),
    teams: listed(card, 'teams', components),
    workflows: listed(card, 'workflows', components),
  }
  if (first === 'config') return lists
  if (first === 'info') return { auth_mode: 'none' }
  if (first !== 'agents' && first !== 'teams' && first !== 'workflows') return undefined
  return encodedId === undefined ? lists[first] : cardOf(card, decodeURIComponent(encodedId))
}

function listed(card: unknown, kind: ComponentKind, components: readonly Named[]): Dict[] {
  const ids = components.filter((component) => component.kind === kind)
  return ids.map(({ upstreamId }) => cardOf(card, upstreamId))
}
