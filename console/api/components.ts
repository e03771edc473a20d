/** Fetches agents, teams and workflows of all upstreams from the merged lists. */
import { answerOf, get, send } from './http.ts'
import { readList } from './json-list.ts'
import { LONGEST_NAME } from './shape.ts'
import type { Json, Kind } from './types.ts'
import { KINDS, objectIn, textIn } from './types.ts'

/** One entry of the catalogue. */
export interface Component {
  readonly kind: Kind
  readonly id: string
  readonly name: string
  readonly description: string
  readonly model: string
  /** Id, name and description in lower case, for searches. */
  readonly searched: string
  readonly card: Json
}

export interface Catalogue {
  readonly components: readonly Component[]
  readonly partial: readonly string[]
  readonly stale: readonly string[]
}

/**
 * Fetches all components that the caller may read. A kind that the caller may not list is left out. @throws when the
 * caller may list no kind
 */
export async function listComponents(): Promise<Catalogue> {
  const results = await Promise.allSettled(
    KINDS.map(async (kind) => answerOf(await send(kind), ({ body }) => entriesIn(body, kind))),
  )
  const answers = results.flatMap((result) => (result.status === 'rejected' ? [] : [result.value]))
  const [failed] = results.filter((result) => result.status === 'rejected')
  if (answers.length === 0 && failed) throw failed.reason
  return {
    components: answers.flatMap(({ body }) => body),
    partial: [...new Set(answers.flatMap(({ partial }) => partial))],
    stale: [...new Set(answers.flatMap(({ stale }) => stale))],
  }
}

async function entriesIn(body: Response['body'], kind: Kind): Promise<Component[]> {
  const components: Component[] = []
  await readList(body, (card) => components.push(entry(kind, card)))
  return components
}

function entry(kind: Kind, value: unknown): Component {
  const card = objectIn(value)
  const id = textIn(card['id'])
  const name = textIn(card['name']).slice(0, LONGEST_NAME) || id
  const description = textIn(card['description']).slice(0, LONGEST_NAME)
  const { provider, model, id: modelId } = objectIn(card['model'])
  return {
    kind,
    id,
    name,
    description,
    searched: `${id}\n${name}\n${description}`.toLowerCase(),
    model: [textIn(provider), textIn(model) || textIn(modelId)].filter(Boolean).join(' '),
    card,
  }
}

/** Fetches the full card of one component. */
export function getComponent(kind: Kind, id: string): Promise<Component> {
  return get<unknown>(`${kind}/${encodeURIComponent(id)}`).then((card) => entry(kind, card))
}
