/** Serves the route table: finds the target of a request and relays it, or merges the answers of all targets. */
import type { FastifyInstance } from 'fastify'
import type { DataTarget } from '../../src/catalogue/id-location-cache.ts'
import { GatewayError } from '../../src/errors.ts'
import type { Call, DataReply } from './call.ts'
import { callOf, query } from './call.ts'
import { sendPage, sendSum } from './fan-out.ts'
import { isInvalidEverywhere } from './invalid-calls.ts'
import { sendFirst, sendSplit, sendToOwner, unreachable } from './lookup.ts'
import { sendMigrations } from './migrations.ts'
import { allTargets, notFound, resolveTarget, upstreamRequired } from './resolve-target.ts'
import { ROWS } from './rows.ts'
import { forwardTo, sendReply } from './send-reply.ts'

export default async function data(app: FastifyInstance) {
  for (const row of ROWS) {
    app.route({
      method: row.method,
      url: row.path,
      config: { handlesChosenUpstream: true },
      handler: async (request, reply) => serve(await callOf(row, request, reply)),
    })
  }
}

/** Returns the answer, or undefined for a response that is already being relayed. */
export async function serve(call: Call): Promise<unknown> {
  const placed = await resolveTarget(call)
  if (placed.at === 'several') return serveSeveral(call, placed.targets)
  if (placed.at === 'one') {
    if (!placed.isGuess || call.row.whenAmbiguous.strategy !== 'first')
      return forwardTo(call, placed.target)
    return sendFirst(call, allTargets(call), placed.target)
  }
  const silent = unknownUpstreams(call)
  const [only, another] = silent
  if (only && !another) return forwardTo(call, only)
  if (only) throw unreachable(silent.map(({ upstream }) => upstream.name))
  throw notFound(call, placed.of, placed.id)
}

/** Upstreams that have not announced their databases yet. */
function unknownUpstreams({ request }: Call): DataTarget[] {
  const { databases, agentOses } = request.gateway.discovery.current
  return agentOses
    .filter((upstream) => databases.configOf(upstream) === undefined)
    .map((upstream) => ({ upstream }))
}

function serveSeveral(call: Call, targets: readonly DataTarget[]): Promise<unknown> {
  const { whenAmbiguous } = call.row
  const isList = whenAmbiguous.strategy === 'page' || whenAmbiguous.strategy === 'sum'
  // All upstreams are A2A servers, which keep no data.
  if (targets.length === 0 && !isList) throw new GatewayError('AGW_NOT_FOUND')
  switch (whenAmbiguous.strategy) {
    case 'page':
      return sendPage(call, targets, whenAmbiguous)
    case 'sum':
      return sendSum(call, targets, whenAmbiguous.operation)
    case 'first':
      return sendFirst(call, targets)
    case 'find':
      return sendToOwner(call, targets, whenAmbiguous)
    case 'split':
      return sendSplit(call, targets, whenAmbiguous)
    case 'each':
      return sendMigrations(call)
    case 'refuse':
      return sendRefusal(call, targets)
  }
}

/**
 * Refuses a call without a target. A call that every AgentOS refuses gets an AgentOS's own answer: FastAPI validates
 * body and query before a handler looks for a database.
 */
async function sendRefusal(call: Call, targets: readonly DataTarget[]): Promise<DataReply> {
  const [first] = targets
  if (first === undefined || !isInvalidEverywhere(call)) throw upstreamRequired(call)
  return sendReply(call, await query(call, first))
}
