/** Builds the merged lists of agents, teams and workflows for one caller, and caches their text. */
import { LRUCache } from 'lru-cache'
import type { ComponentKind } from '../../config/types.ts'
import type { Caller } from '../auth/caller.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import type { Discovery } from '../catalogue/discovery.ts'
import type { IdTranslator, IdTranslators } from '../ids/id-translator.ts'
import { elementsOf } from '../json/members.ts'
import { Turn } from '../turns.ts'
import type { Gathered, GatherRequest, Share } from './gather.ts'
import { gather } from './gather.ts'

/** Limit of the cache of merged lists, in bytes. A list beyond the limit is merged again on each request. */
const REMEMBERED_BYTES = 32 * 1024 * 1024

const OPEN = Buffer.from('[')
const COMMA = Buffer.from(',')
const CLOSE = Buffer.from(']')

/** A merged answer, ready to be sent. */
export interface Merged extends Gathered {
  readonly body: Buffer
}

interface Remembered {
  readonly catalogue: Catalogue
  readonly shares: readonly Share[]
  readonly body: Buffer
}

/** Merges the lists of all upstreams. Keeps the merged text until one of the lists changes. */
export class ComponentLists {
  readonly #discovery: Discovery
  readonly #translators: IdTranslators
  readonly #remembered = new LRUCache<string, Remembered>({
    max: 500,
    maxSize: REMEMBERED_BYTES,
    sizeCalculation: ({ body }) => body.length + 1,
  })

  constructor(discovery: Discovery, translators: IdTranslators) {
    this.#discovery = discovery
    this.#translators = translators
  }

  /** The components of one kind that the caller may see, in config order. */
  async get(kind: ComponentKind, gatherRequest: GatherRequest): Promise<Merged> {
    const gathered = await gather(
      this.#discovery,
      gatherRequest,
      (upstream, identity, isFreshWanted) =>
        this.#discovery.list(upstream, kind, identity, isFreshWanted),
    )
    const catalogue = this.#discovery.current
    const key = `${kind}\n${gatherRequest.caller.digest}`
    const known = this.#remembered.get(key)
    if (known && known.catalogue === catalogue && areSame(known.shares, gathered.shares)) {
      return { ...gathered, body: known.body }
    }
    const pieces: Buffer[] = []
    for (const share of gathered.shares) {
      const translator = this.#translators.of(share.upstream)
      const view = { translator, caller: gatherRequest.caller }
      await addCards(pieces, catalogue, kind, share, view)
    }
    const body = Buffer.concat([OPEN, ...pieces.slice(1), CLOSE])
    this.#remembered.set(key, { catalogue, shares: gathered.shares, body })
    return { ...gathered, body }
  }
}

function areSame(a: readonly Share[], b: readonly Share[]): boolean {
  return a.length === b.length && a.every((share, index) => share.answer === b[index]?.answer)
}

/** Adds raw cards, each behind a comma, of those components that the upstream owns and the caller may see, under the ids callers use. */
async function addCards(
  pieces: Buffer[],
  catalogue: Catalogue,
  kind: ComponentKind,
  { upstream, answer }: Share,
  { translator, caller }: { readonly translator: IdTranslator; readonly caller: Caller },
): Promise<void> {
  if (!Array.isArray(answer.json)) return
  const spans = await elementsOf(answer.body)
  const turn = new Turn()
  for (const [index, item] of (answer.json as { id?: unknown }[]).entries()) {
    const upstreamId = item?.id
    if (typeof upstreamId !== 'string') continue
    const id = catalogue.idOf(kind, upstream, upstreamId)
    if (id === undefined || !caller.sees(kind, id)) continue
    const { start, end } = spans[index] as (typeof spans)[number]
    const card = answer.body.subarray(start, end)
    pieces.push(
      COMMA,
      translator.isIdentity ? card : Buffer.from(translator.toClient(card.toString('utf8'), kind)),
    )
    await turn.rest()
  }
}
