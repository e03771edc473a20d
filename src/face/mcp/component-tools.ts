/** Describes components as tools: one tool each, or two generic tools where there are too many. */
import { SINGULAR } from '../../../config/component-kind.ts'
import type { ComponentKind } from '../../../config/types.ts'
import { qualifiedName } from '../component-filter.ts'
import { inputSchema, RUN_ARGUMENTS, RUN_HINTS } from './agentos-tools.ts'
import type { McpTool } from './tool.ts'

/** Most components with a tool of their own: a model chooses badly among more. */
export const MAX_COMPONENT_TOOLS = 40

/** A component as a caller sees it. */
export interface ComponentCard {
  readonly kind: ComponentKind
  readonly id: string
  readonly name: string | undefined
  readonly description: string | undefined
}

/** The tool that runs one component. */
export function componentTool(name: string, card: ComponentCard): McpTool {
  const { kind, id, name: title = id } = card
  const given = card.description?.trim() || `Run the ${title} ${SINGULAR[kind]} with a message.`
  const sentence = /[.!?]$/.test(given) ? given : `${given}.`
  return {
    name,
    title,
    description: `${sentence} Pass the session_id of an earlier result to continue that conversation.`,
    inputSchema: inputSchema(RUN_ARGUMENTS, ['message']),
    annotations: { title, ...RUN_HINTS },
  }
}

export const RUN_COMPONENT = 'run_component'
export const SEARCH_COMPONENTS = 'search_components'

const KIND_SCHEMA = {
  anyOf: [{ enum: Object.values(SINGULAR), type: 'string' }, { type: 'null' }],
  default: null,
  description: 'Only components of this kind.',
}

/** Names that no component's tool may have. */
export const GENERIC_TOOLS: readonly McpTool[] = [
  {
    name: SEARCH_COMPONENTS,
    title: 'Search Components',
    description:
      'Find the agents, teams and workflows whose id, name or description holds every word of the query. Without a query, the first ones are listed.',
    inputSchema: inputSchema({
      query: {
        anyOf: [{ type: 'string' }, { type: 'null' }],
        default: null,
        description: 'Words to look for, in any order and case.',
      },
      kind: KIND_SCHEMA,
      limit: {
        default: 20,
        description: 'Most components in the answer.',
        maximum: 200,
        minimum: 1,
        type: 'integer',
      },
    }),
    outputSchema: { additionalProperties: true, type: 'object' },
    annotations: {
      title: 'Search Components',
      readOnlyHint: true,
      destructiveHint: false,
      openWorldHint: false,
    },
  },
  {
    name: RUN_COMPONENT,
    title: 'Run Component',
    description:
      'Run an agent, a team or a workflow that search_components has found, with a message.',
    inputSchema: inputSchema(
      {
        component: {
          description: 'Such as agent/ID, team/ID or workflow/ID.',
          type: 'string',
        },
        ...RUN_ARGUMENTS,
      },
      ['component', 'message'],
    ),
    annotations: { title: 'Run Component', ...RUN_HINTS },
  },
]

/** Criteria of a search. */
export interface ComponentSearch {
  readonly query: string
  readonly kind: ComponentKind | undefined
  readonly limit: number
}

/** Components whose id, name or description holds every word. An id that starts with the query comes first. */
export function searchComponents(
  cards: readonly ComponentCard[],
  { query, kind, limit }: ComponentSearch,
): Readonly<Record<string, unknown>> {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const found = cards.filter((card) => {
    if (kind !== undefined && card.kind !== kind) return false
    const text = `${card.id}\n${card.name ?? ''}\n${card.description ?? ''}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
  const [first = ''] = words
  const isFirst = ({ id }: ComponentCard) => id.toLowerCase().startsWith(first)
  const sorted = [...found.filter(isFirst), ...found.filter((card) => !isFirst(card))]
  return {
    components: sorted.slice(0, limit).map((card) => ({
      component: qualifiedName(card.kind, card.id),
      name: card.name ?? null,
      description: card.description ?? null,
    })),
    total: found.length,
  }
}
