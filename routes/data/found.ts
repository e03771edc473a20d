/** Single things: asked of every place that may have them. */
import type { FastifyReply } from 'fastify'
import type { Target } from '../../src/catalogue/seen-ids.ts'
import { GatewayError } from '../../src/errors.ts'
import type { Reply } from '../../src/merge/ask.ts'
import { bestRefusal, firstOf, isUnrouted, silentAmong, statusOf } from '../../src/merge/ask.ts'
import { forwardTo, sendReply } from './answers.ts'
import type { Call, Params } from './call.ts'
import { put } from './gathered.ts'
import { saysTooLittle } from './place.ts'

/** Most ids of one request that are looked for. */
const MOST_LOOKED_FOR = 20

const isGood = (reply: Reply): boolean => statusOf(reply) >= 200 && statusOf(reply) < 300

/** The first success; else the refusal that says most, and who could not be asked. */
export async function sendFirst(
  call: Call,
  targets: readonly Target[],
  guess?: Target,
): Promise<FastifyReply> {
  const [kind, parameter] = call.row.id ?? []
  const id = parameter && call.params[parameter]
  const { seen } = call.request.gateway
  const guessed = guess && (await put(call, guess))
  if (guessed) {
    if (statusOf(guessed) !== 404 && statusOf(guessed) !== 0) return sendReply(call, guessed)
    if (kind && id) seen.forget(kind, id)
  }
  const decided = new AbortController()
  const signal = AbortSignal.any([call.signal, decided.signal])
  const found = await firstOf(
    targets.map((target) => put(call, target, {}, signal)),
    isGood,
  )
  decided.abort()
  if ('target' in found) {
    if (kind && id && call.row.method === 'GET') seen.note(kind, id, found.target)
    return sendReply(call, found)
  }
  const silent = silentAmong(found)
  if (silent.length > 0) call.reply.header('x-agentos-partial', silent.join(', '))
  // Where nobody has it, the place that last had it knows best why not: its release may lack the route.
  const isOwnersWord = guessed !== undefined && statusOf(guessed) === 404
  return sendReply(call, isOwnersWord ? guessed : bestRefusal(found))
}

/**
 * Sends the call to the one place that has the thing it is about. Where nobody has it, the first place that knows the route
 * answers in its own words.
 *
 * @throws {GatewayError} `AGW_UPSTREAM_REQUIRED` when several have it, or none has and it would be made; the failure of a place
 * that could not be asked
 */
export async function sendToOwner(
  call: Call,
  targets: readonly Target[],
  { at, isMade = false }: { readonly at: string; readonly isMade?: boolean },
): Promise<FastifyReply | undefined> {
  const owner = await ownerOf(call, targets, at)
  if (owner === undefined && isMade) throw saysTooLittle(call)
  const target = owner ?? (targets[0] as Target)
  if (owner || (call.body !== null && !Buffer.isBuffer(call.body))) {
    await forwardTo(call, target)
    return undefined
  }
  // One after the other: what nobody has is still made by some AgentOS, and must not be made twice.
  let reply = await put(call, target)
  for (const next of targets.slice(1)) {
    if (!isUnrouted(reply)) break
    reply = await put(call, next)
  }
  return sendReply(call, reply)
}

async function ownerOf(
  call: Call,
  targets: readonly Target[],
  at: string,
): Promise<Target | undefined> {
  const replies = await Promise.all(
    targets.map((target) => put(call, target, { method: 'GET', path: at, body: null })),
  )
  const [owner, another] = replies.filter(isGood)
  if (another) throw saysTooLittle(call)
  if (owner) {
    const [kind, parameter] = call.row.id ?? []
    const id = parameter && call.params[parameter]
    if (kind && id) call.request.gateway.seen.settle(kind, id, owner.target)
    return owner.target
  }
  const [silent] = replies.filter((reply) => statusOf(reply) === 0)
  if (silent && 'error' in silent) throw silent.error
  return undefined
}

/** How a request about many things is taken apart. */
export interface Split {
  readonly member: string
  readonly along: readonly string[]
  readonly at: string
}

/**
 * Sends each place the ids it has. Answers with the first refusal, if there is one; what was done by then stays done.
 *
 * @throws {GatewayError} `AGW_UPSTREAM_REQUIRED` when an id cannot be placed
 */
export async function sendSplit(
  call: Call,
  targets: readonly Target[],
  { member, along, at }: Split,
): Promise<FastifyReply | undefined> {
  const ids = call.fields[member]
  const isList = Array.isArray(ids) && ids.every((id) => typeof id === 'string')
  const isEmpty = isList && ids.length === 0
  const isParallel = along.every((name) => lengthOf(call.fields[name]) === lengthOf(ids))
  // What AgentOS does not accept, an AgentOS refuses best.
  if (!isList || isEmpty || !isParallel)
    return sendReply(call, await put(call, targets[0] as Target))
  const groups = await grouped(call, targets, { ids, at })
  const [only, another] = groups.keys()
  if (only && !another) {
    await forwardTo(call, only)
    return undefined
  }
  const replies = await Promise.all(
    [...groups].map(([target, indexes]) => {
      const fields = { ...call.fields }
      for (const name of [member, ...along]) {
        fields[name] = indexes.map((index) => (fields[name] as readonly unknown[])[index])
      }
      return put(call, target, { body: Buffer.from(JSON.stringify(fields)) })
    }),
  )
  const [kind] = call.row.id ?? []
  for (const id of ids) if (kind) call.request.gateway.seen.forget(kind, id)
  return sendReply(call, replies.find((reply) => !isGood(reply)) ?? (replies[0] as Reply))
}

/** Which places have which of the ids, by their index. */
async function grouped(
  call: Call,
  targets: readonly Target[],
  { ids, at }: { readonly ids: readonly string[]; readonly at: string },
): Promise<Map<Target, number[]>> {
  const [kind, parameter] = call.row.id as readonly [string, string]
  const { seen } = call.request.gateway
  const unknown = ids.filter((id) => seen.get(kind, id) === undefined)
  if (unknown.length > MOST_LOOKED_FOR) throw saysTooLittle(call)
  const places = await Promise.all(
    ids.map(async (id) => {
      const params: Params = { ...call.params, [parameter]: id }
      const place = seen.get(kind, id) ?? (await ownerOf({ ...call, params }, targets, at))
      // Deleting what is not there does nothing, anywhere.
      return targets.find((target) => isSame(target, place)) ?? place ?? (targets[0] as Target)
    }),
  )
  return Map.groupBy(ids.keys(), (index) => places[index] as Target)
}

function isSame(a: Target, b: Target | undefined): boolean {
  return a.upstream === b?.upstream && a.databaseId === b.databaseId
}

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : -1
}

/** A place that could not be asked makes an answer incomplete; one without the thing does not. */
export function unreachable(names: readonly string[]): GatewayError {
  return new GatewayError('AGW_NO_REPLICA', {
    detail: `This may be at an upstream that cannot be reached now: ${names.join(', ')}`,
    headers: { 'retry-after': '1' },
  })
}
