/** Looks up single objects by asking every target that may have them. */
import type { DataTarget } from '../../src/catalogue/id-location-cache.ts'
import { GatewayError } from '../../src/errors.ts'
import type { UpstreamReply } from '../../src/merge/query-upstream.ts'
import {
  bestRefusal,
  failedUpstreams,
  firstOf,
  isUnrouted,
  statusOf,
} from '../../src/merge/query-upstream.ts'
import type { Call, DataReply, Params } from './call.ts'
import { query } from './call.ts'
import { upstreamRequired } from './resolve-target.ts'
import { forwardTo, sendReply } from './send-reply.ts'

/** Largest number of ids in one request that are looked up. */
const MAX_LOOKUPS = 20

const isSuccess = (reply: UpstreamReply): boolean => statusOf(reply) >= 200 && statusOf(reply) < 300

/**
 * Sends the first success. Without one, sends the most informative refusal, or names the upstreams that did not answer.
 */
export async function sendFirst(
  call: Call,
  targets: readonly DataTarget[],
  guess?: DataTarget,
): Promise<DataReply> {
  const [kind, parameter] = call.row.id ?? []
  const id = parameter && call.params[parameter]
  const { idLocations } = call.request.gateway
  const guessed = guess && (await query(call, guess))
  if (guessed) {
    if (statusOf(guessed) !== 404 && statusOf(guessed) !== 0) return sendReply(call, guessed)
    if (kind && id) idLocations.delete(kind, id)
  }
  const decided = new AbortController()
  const signal = AbortSignal.any([call.signal, decided.signal])
  const found = await firstOf(
    targets.map((target) => query(call, target, {}, signal)),
    isSuccess,
  )
  decided.abort()
  if ('target' in found) {
    if (kind && id && call.row.method === 'GET') idLocations.add(kind, id, found.target)
    return sendReply(call, found)
  }
  const silent = failedUpstreams(found)
  if (silent.length > 0) call.reply.header('x-agentos-partial', silent.join(', '))
  // When no target has the object, the one that last had it answers: another release may lack the route.
  const isOwnersWord = guessed !== undefined && statusOf(guessed) === 404
  return sendReply(call, isOwnersWord ? guessed : bestRefusal(found))
}

/**
 * Sends the call to the target that has the object. When none has it, the first target that knows the route answers in
 * its own words.
 *
 * @throws {GatewayError} `AGW_UPSTREAM_REQUIRED` when several targets have it, or none has it and it would be created;
 *   the failure of a target that did not answer
 */
export async function sendToOwner(
  call: Call,
  targets: readonly DataTarget[],
  {
    lookupPath,
    createsIfMissing = false,
  }: { readonly lookupPath: string; readonly createsIfMissing?: boolean },
): Promise<DataReply | undefined> {
  const owner = await ownerOf(call, targets, lookupPath)
  if (owner === undefined && createsIfMissing) throw upstreamRequired(call)
  const target = owner ?? (targets[0] as DataTarget)
  if (owner || (call.body !== null && !Buffer.isBuffer(call.body))) {
    await forwardTo(call, target)
    return undefined
  }
  // In sequence, because some AgentOS creates a missing object and it must not be created twice.
  let reply = await query(call, target)
  for (const next of targets.slice(1)) {
    if (!isUnrouted(reply)) break
    reply = await query(call, next)
  }
  return sendReply(call, reply)
}

async function ownerOf(
  call: Call,
  targets: readonly DataTarget[],
  lookupPath: string,
): Promise<DataTarget | undefined> {
  const replies = await Promise.all(
    targets.map((target) => query(call, target, { method: 'GET', path: lookupPath, body: null })),
  )
  const [owner, another] = replies.filter(isSuccess)
  if (another) throw upstreamRequired(call)
  if (owner) {
    const [kind, parameter] = call.row.id ?? []
    const id = parameter && call.params[parameter]
    if (kind && id) call.request.gateway.idLocations.set(kind, id, owner.target)
    return owner.target
  }
  const [silent] = replies.filter((reply) => statusOf(reply) === 0)
  if (silent && 'error' in silent) throw silent.error
  return undefined
}

/** How a request about many objects is split. */
export interface Split {
  readonly member: string
  readonly parallelFields: readonly string[]
  readonly lookupPath: string
}

/**
 * Sends each target the ids that it has. Answers with the first refusal, if any; earlier parts stay done.
 *
 * @throws {GatewayError} `AGW_UPSTREAM_REQUIRED` when an id is at no target
 */
export async function sendSplit(
  call: Call,
  targets: readonly DataTarget[],
  { member, parallelFields, lookupPath }: Split,
): Promise<DataReply | undefined> {
  const ids = call.fields[member]
  const isList = Array.isArray(ids) && ids.every((id) => typeof id === 'string')
  const isEmpty = isList && ids.length === 0
  const isParallel = parallelFields.every((name) => lengthOf(call.fields[name]) === lengthOf(ids))
  // An upstream refuses invalid bodies in AgentOS's words.
  if (!isList || isEmpty || !isParallel)
    return sendReply(call, await query(call, targets[0] as DataTarget))
  const groups = await grouped(call, targets, { ids, lookupPath })
  const [only, another] = groups.keys()
  if (only && !another) {
    await forwardTo(call, only)
    return undefined
  }
  const replies = await Promise.all(
    [...groups].map(([target, indexes]) => {
      const fields = { ...call.fields }
      for (const name of [member, ...parallelFields]) {
        fields[name] = indexes.map((index) => (fields[name] as readonly unknown[])[index])
      }
      return query(call, target, { body: Buffer.from(JSON.stringify(fields)) })
    }),
  )
  const [kind] = call.row.id ?? []
  for (const id of ids) if (kind) call.request.gateway.idLocations.delete(kind, id)
  return sendReply(
    call,
    replies.find((reply) => !isSuccess(reply)) ?? (replies[0] as UpstreamReply),
  )
}

/** Returns which targets have which ids, by the index of the id. */
async function grouped(
  call: Call,
  targets: readonly DataTarget[],
  { ids, lookupPath }: { readonly ids: readonly string[]; readonly lookupPath: string },
): Promise<Map<DataTarget, number[]>> {
  const [kind, parameter] = call.row.id as readonly [string, string]
  const { idLocations } = call.request.gateway
  const unknown = ids.filter((id) => idLocations.get(kind, id) === undefined)
  if (unknown.length > MAX_LOOKUPS) throw upstreamRequired(call)
  const locations = await Promise.all(
    ids.map(async (id) => {
      const params: Params = { ...call.params, [parameter]: id }
      const location =
        idLocations.get(kind, id) ?? (await ownerOf({ ...call, params }, targets, lookupPath))
      // Deleting a missing object does nothing at any AgentOS.
      return (
        targets.find((target) => isSame(target, location)) ?? location ?? (targets[0] as DataTarget)
      )
    }),
  )
  return Map.groupBy(ids.keys(), (index) => locations[index] as DataTarget)
}

function isSame(a: DataTarget, b: DataTarget | undefined): boolean {
  return a.upstream === b?.upstream && a.databaseId === b.databaseId
}

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : -1
}

/** A target that did not answer makes the result incomplete; one without the object does not. */
export function unreachable(names: readonly string[]): GatewayError {
  return new GatewayError('AGW_NO_REPLICA', {
    detail: `An unreachable upstream may have this object: ${names.join(', ')}`,
  })
}
