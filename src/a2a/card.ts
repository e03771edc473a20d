/** Converts the card of an A2A server to AgentOS's cards, lists and configs. */
import type { ComponentConfig, ComponentKind } from '../../config/types.ts'
import { isObject } from '../json/is-object.ts'
import { listOf, textIn } from './wire.ts'

type Dict = Record<string, unknown>

/** The configured kind and id of a component. */
type Named = Pick<ComponentConfig, 'kind' | 'upstreamId'>

/** Members of the A2A card without a counterpart in AgentOS's cards. None of them contains an address. */
const FACTS = {
  version: 'version',
  protocolVersion: 'protocol_version',
  capabilities: 'capabilities',
  defaultInputModes: 'default_input_modes',
  defaultOutputModes: 'default_output_modes',
} as const

/**
 * Builds a card as Agno's remotes do: id, name, description and skills. Other members of the A2A card become metadata.
 *
 * @param card the server's answer; undefined when the server has no card, which A2A allows
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
 * Answers a GET of `path` from the card, in the form of an AgentOS with these components.
 *
 * @returns undefined for a path that the card cannot answer
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
