/** Parses a client's message and finds the upstream that it is for. */

import type { Caller } from '../auth/caller.ts'
import type { Discovery } from '../catalogue/discovery.ts'
import type { RefusedAnswer } from '../errors.ts'
import type { MemberSpan } from '../json/members.ts'
import { membersOf, TooManyMembersError } from '../json/members.ts'
import { assertNamesOnce, MOST_MEMBERS } from '../parameters/json-object.ts'
import type { Affinity } from '../upstream/affinity.ts'
import type { Replica } from '../upstream/replica.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { errorFrame } from './frames.ts'

/** A parsed message. Its text keeps unknown members. */
export interface ClientMessage {
  readonly text: string
  /** Where the value of `workflow_id` is in the bytes of the text. */
  readonly workflowIdAt: MemberSpan | undefined
  readonly action: unknown
  readonly token: string | undefined
  readonly workflowId: string | undefined
  readonly runId: string | undefined
}

/** Target of a message. */
export interface Destination {
  readonly upstream: Upstream
  /** The message with the upstream's ids. */
  readonly frame: string
  /** The upstream's id of the workflow in the message. */
  readonly workflowId: string | undefined
  /** Replica that holds the run in the message; undefined when unknown. */
  readonly owner: Replica | undefined
}

/** A message that is not forwarded. */
export interface Refusal {
  /** The frame to send; undefined when the client has to authenticate first. */
  readonly refusal: string | undefined
}

/** The state that routing depends on. */
export interface Routing {
  readonly discovery: Discovery
  readonly affinity: Affinity
  readonly caller: Caller
  /** The upstream that the client named. Ids are then the upstream's own. */
  readonly chosen: Upstream | undefined
}

/** Members that decide where a message goes and whether its sender may send it. */
const MEMBERS = new Set(['action', 'token', 'workflow_id', 'run_id'])
/** Longest value of such a member, in bytes: actions, tokens and ids are shorter. */
const LONGEST_VALUE = 64 * 1024

/** Long messages are read in turns. @returns undefined for text that is no JSON object, or that names one of its {@link MEMBERS} twice */
export async function parseMessage(text: string): Promise<ClientMessage | undefined> {
  // AgentOS (Python's `json.loads`) fails over a byte order mark and closes the socket, with the client's other runs.
  if (text.startsWith('\ufeff')) return undefined
  const bytes = Buffer.from(text)
  const spans = await membersIn(bytes)
  if (spans === undefined) return undefined
  const memberValue = (name: string): unknown => {
    const span = spans.get(name)
    if (span === undefined || span.end - span.start > LONGEST_VALUE) return undefined
    return JSON.parse(bytes.toString('utf8', span.start, span.end))
  }
  return {
    text,
    workflowIdAt: spans.get('workflow_id'),
    action: memberValue('action'),
    token: nonEmpty(memberValue('token')),
    workflowId: nonEmpty(memberValue('workflow_id')),
    runId: nonEmpty(memberValue('run_id')),
  }
}

async function membersIn(bytes: Buffer): Promise<Map<string, MemberSpan> | undefined> {
  const given: string[] = []
  try {
    const spans = await membersOf(bytes, MOST_MEMBERS, (name) => {
      if (given.push(name) > MOST_MEMBERS) throw new TooManyMembersError()
    })
    assertNamesOnce(given, MEMBERS)
    return spans
  } catch {
    return undefined
  }
}

/** Error text, in AgentOS's words, for a message that cannot be routed to any upstream. Undefined for a valid message. */
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
      // Unknown action: forward it, a newer AgentOS may know it.
      if (workflowId !== undefined || runId !== undefined) return undefined
      return `Unknown action: ${typeof action === 'string' ? action : (JSON.stringify(action) ?? 'None')}`
  }
}

/**
 * Finds the upstream by the workflow, else by the run, else takes the only upstream.
 *
 * @param message a message without a {@link messageFault}
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
  // An upstream that needs a token to list its workflows may have this one.
  const { authorization, kind } = routing.caller
  const isLocked = refusal !== undefined && authorization === undefined && kind === 'anonymous'
  return { refusal: isLocked ? undefined : errorFrame(`Workflow ${workflowId} not found`) }
}

async function destinationAt(
  upstream: Upstream,
  upstreamId: string | undefined,
  { text, workflowId, workflowIdAt, runId }: ClientMessage,
  { affinity }: Routing,
): Promise<Destination> {
  const isRenamed = upstreamId !== undefined && upstreamId !== workflowId
  return {
    upstream,
    frame: isRenamed && workflowIdAt ? withId(text, workflowIdAt, upstreamId) : text,
    workflowId: upstreamId,
    owner: runId === undefined ? undefined : await affinity.find('run', upstream, runId),
  }
}

function withId(text: string, { start, end }: MemberSpan, id: string): string {
  const bytes = Buffer.from(text)
  return bytes.toString('utf8', 0, start) + JSON.stringify(id) + bytes.toString('utf8', end)
}

/** The upstream that holds the run, or else the only upstream. */
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
