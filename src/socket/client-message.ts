/** What a client's message asks for, and which upstream it is for. */

import type { Caller } from '../auth/caller.ts'
import type { Discovery } from '../catalogue/discovery.ts'
import type { RefusedAnswer } from '../errors.ts'
import { withMember } from '../json/json-text.ts'
import type { Affinity } from '../upstream/affinity.ts'
import type { Replica } from '../upstream/replica.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { errorFrame } from './frames.ts'

/** A client's message. Members nobody knows are kept in its text. */
export interface ClientMessage {
  readonly text: string
  readonly action: unknown
  readonly token: string | undefined
  readonly workflowId: string | undefined
  readonly runId: string | undefined
}

/** Where a message goes. */
export interface Destination {
  readonly upstream: Upstream
  /** The message in the upstream's terms. */
  readonly frame: string
  /** Id on the upstream of the workflow it names. */
  readonly workflowId: string | undefined
  /** The replica that has the run it names, where that is known. */
  readonly owner: Replica | undefined
}

/** A message that goes nowhere. */
export interface Refusal {
  /** A frame; undefined: a token is needed. */
  readonly refusal: string | undefined
}

/** Whose socket it is, and what is known. */
export interface Routing {
  readonly discovery: Discovery
  readonly affinity: Affinity
  readonly caller: Caller
  /** The client chose this upstream, so ids are the upstream's own. */
  readonly chosen: Upstream | undefined
}

/** @returns undefined where the text is no JSON object */
export function parseMessage(text: string): ClientMessage | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const members = value as Record<string, unknown>
  return {
    text,
    action: members['action'],
    token: nonEmpty(members['token']),
    workflowId: nonEmpty(members['workflow_id']),
    runId: nonEmpty(members['run_id']),
  }
}

/** Why a message cannot be routed whatever the upstreams are, in AgentOS's words; undefined where nothing is wrong. */
export function messageFault({ action, workflowId, runId }: ClientMessage): string | undefined {
  switch (action) {
    case 'start-workflow':
      return workflowId === undefined ? 'workflow_id is required' : undefined
    case 'continue-workflow':
      if (workflowId === undefined) return 'workflow_id is required'
      return runId === undefined ? 'run_id is required' : undefined
    case 'reconnect':
      return runId === undefined ? 'run_id is required for subscription' : undefined
    default:
      // An action that a later AgentOS has: its owner answers, if there is one.
      if (workflowId !== undefined || runId !== undefined) return undefined
      return `Unknown action: ${typeof action === 'string' ? action : (JSON.stringify(action) ?? 'None')}`
  }
}

/**
 * Finds the upstream by the workflow that is named, else by the run, else because there is only one.
 *
 * @param message one without a {@link messageFault}
 */
export async function destinationOf(
  message: ClientMessage,
  routing: Routing,
): Promise<Destination | Refusal> {
  const { workflowId, runId } = message
  const { discovery, chosen } = routing
  if (chosen) return destinationAt(chosen, workflowId, message, routing)
  let refusal: RefusedAnswer | undefined
  if (workflowId !== undefined) {
    const known = discovery.current.remote('workflows', workflowId)
    if (known === undefined) refusal = await findWorkflow(routing)
    const remote = known ?? discovery.current.remote('workflows', workflowId)
    if (remote?.isTranslated) {
      const way = `POST /workflows/${workflowId}/runs`
      return { refusal: errorFrame(`Workflow ${workflowId} has no WebSocket. Run it by ${way}`) }
    }
    if (remote) return destinationAt(remote.upstream, remote.upstreamId, message, routing)
  }
  const upstream = runId === undefined ? undefined : await upstreamOf(runId, routing)
  if (upstream) return destinationAt(upstream, workflowId, message, routing)
  if (workflowId === undefined)
    return { refusal: errorFrame(`Run ${runId} not found. Name its workflow_id`) }
  // An upstream that shows itself only to those who bring a token may have it.
  const isLocked = refusal !== undefined && routing.caller.authorization === undefined
  return { refusal: isLocked ? undefined : errorFrame(`Workflow ${workflowId} not found`) }
}

async function destinationAt(
  upstream: Upstream,
  upstreamId: string | undefined,
  { text, workflowId, runId }: ClientMessage,
  { affinity }: Routing,
): Promise<Destination> {
  const isRenamed = upstreamId !== undefined && upstreamId !== workflowId
  return {
    upstream,
    frame: isRenamed ? withMember(text, 'workflow_id', JSON.stringify(upstreamId)) : text,
    workflowId: upstreamId,
    owner: runId === undefined ? undefined : await affinity.find('run', upstream, runId),
  }
}

/** Where a run is known to be, else the only upstream there is. */
async function upstreamOf(
  runId: string,
  { discovery, affinity }: Routing,
): Promise<Upstream | undefined> {
  const upstreams = discovery.current.agentOses
  if (upstreams.length === 1) return upstreams[0]
  const owners = await Promise.all(upstreams.map((each) => affinity.find('run', each, runId)))
  return upstreams[owners.findIndex((owner) => owner !== undefined)]
}

function findWorkflow({ discovery, caller }: Routing) {
  return discovery.findComponent('workflows', (upstream) => caller.identityAt(upstream))
}

function nonEmpty(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
