/** Recordings of real Agno that composes local members, and a fake AgentOS that replays the members' parts. */
import { readFileSync } from 'node:fs'
import { RemoteAgent, RemoteTeam, RemoteWorkflow } from '../../../src/index.ts'
import {
  answerJson,
  beginEvents,
  eventText,
  type FakeUpstream,
  type ReceivedRequest,
  startFakeUpstream,
} from '../../support/fake-upstream.ts'
import { closing } from '../client/support.ts'

export type Dict = Record<string, unknown>
export type Event = Dict & { event: string }

/** One request and its answer. */
export interface Recording {
  readonly request: { readonly path: string; readonly fields: Record<string, string> }
  readonly events?: readonly Event[]
  readonly output?: Dict
}

export const RELEASES = ['agno-2.9.0', 'agno-3.1.10'] as const
export type Release = (typeof RELEASES)[number]

/** Returns the recording of one request by its name. */
export function recording(release: Release, name: string): Recording {
  const url = new URL(`../../fixtures/composed/${release}.generated.json`, import.meta.url)
  const all = JSON.parse(readFileSync(url, 'utf8')) as Record<string, Recording>
  const found = all[name]
  if (found === undefined) throw new Error(`no recording ${name}`)
  return found
}

/** Keys that only events inside a workflow or team have. */
const OF_THE_WORKFLOW = [
  'workflow_id',
  'workflow_run_id',
  'step_id',
  'step_name',
  'step_index',
  'workflow_step_id',
]

/** Starts an AgentOS that answers each run with its agents' recorded events, call by call. */
export async function playMembers(...played: readonly Recording[]): Promise<FakeUpstream> {
  const runs = new Map<string, Dict[][]>()
  for (const { events = [], output } of played) {
    for (const [id, run] of runsIn(events)) runs.set(id, [...(runs.get(id) ?? []), run])
    const outputs = output?.['step_executor_runs'] ?? output?.['member_responses'] ?? []
    for (const run of outputs as Dict[]) {
      const id = idOf(run)
      runs.set(id, [...(runs.get(id) ?? []), [run]])
    }
  }
  return await startFakeUpstream((request, response) => {
    const id = request.url.split('/')[2] ?? ''
    const { session_id, stream, ...fields } = fieldsIn(request)
    const run_id = fields['run_id'] ?? request.url.split('/')[4]
    const next = runs.get(id)?.shift()
    if (next === undefined) return answerJson(response, { detail: 'not played' }, 404)
    const bare = next.map((event) => bareEvent(event, next, { run_id, session_id }))
    if (stream === 'false') return answerJson(response, bare[0])
    beginEvents(response)
    for (const event of bare) response.write(eventText(event as Event))
    response.end()
  })
}

/** Returns the fields of a run's form. */
export function fieldsIn(request: ReceivedRequest): Record<string, string | undefined> {
  return Object.fromEntries(new URLSearchParams(request.body.toString()))
}

/** Whether an event is of the outer team or workflow itself. */
function isOfComposition(event: Event): boolean {
  const isOfMember = 'parent_run_id' in event || 'workflow_run_id' in event
  return !isOfMember && ('team_id' in event || 'workflow_id' in event)
}

function idOf(run: Dict): string {
  return String(run['agent_id'] ?? run['team_id'])
}

/**
 * Returns the events of each member's runs by member id, in order of their start. Members of a team belong to
 * the team.
 */
function runsIn(events: readonly Event[]): [string, Dict[]][] {
  const outer = events.find(isOfComposition)?.['run_id']
  const runs = new Map<string, [string, Dict[]]>()
  for (const event of events) {
    const id = event['run_id']
    if (id === outer) continue
    const parent = event['parent_run_id']
    const key = String(parent === undefined || parent === outer ? id : parent)
    const run = runs.get(key) ?? [idOf(event), []]
    run[1].push(event)
    runs.set(key, run)
  }
  return [...runs.values()]
}

/** Converts an event to that of an AgentOS without the composition, with the id that the run was given. */
function bareEvent(event: Dict, run: readonly Dict[], given: Dict): Dict {
  const isOwn = event['run_id'] === run[0]?.['run_id']
  const left = isOwn ? [...OF_THE_WORKFLOW, 'parent_run_id'] : OF_THE_WORKFLOW
  const bare = Object.fromEntries(Object.entries(event).filter(([key]) => !left.includes(key)))
  const text = JSON.stringify({ ...bare, session_id: given['session_id'] })
  return JSON.parse(text.replaceAll(String(run[0]?.['run_id']), String(given['run_id'])))
}

/** A member of the replaying AgentOS. */
export function agent(upstream: FakeUpstream, agentId: string): RemoteAgent {
  return closing(new RemoteAgent({ baseUrl: upstream.url, agentId }))
}

/** A team of the replaying AgentOS. */
export function team(upstream: FakeUpstream, teamId: string): RemoteTeam {
  return closing(new RemoteTeam({ baseUrl: upstream.url, teamId }))
}

/** A workflow of the replaying AgentOS. */
export function workflow(upstream: FakeUpstream, workflowId: string): RemoteWorkflow {
  return closing(new RemoteWorkflow({ baseUrl: upstream.url, workflowId }))
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const TIMES = new Set(['created_at', 'duration', 'time_to_first_token', 'start_time', 'end_time'])
const SECONDS = /completed in [\d.]+s/

/**
 * Returns a form that is equal for two equal runs: ids are numbered in order, times are 0. @param without
 * keys that are removed at every depth
 */
export function comparable(value: unknown, without: readonly string[] = []): unknown {
  const ids = new Map<string, string>()
  const name = (id: string) => {
    if (!ids.has(id)) ids.set(id, `id-${ids.size + 1}`)
    return ids.get(id)
  }
  const walk = (item: unknown): unknown => {
    if (typeof item === 'string') {
      return UUID.test(item) ? name(item) : item.replace(SECONDS, 'completed in 0s')
    }
    if (Array.isArray(item)) return item.map(walk)
    if (typeof item !== 'object' || item === null) return item
    return Object.fromEntries(
      Object.entries(item)
        .filter(([key]) => !without.includes(key))
        .map(([key, inner]) => [key, TIMES.has(key) ? 0 : walk(inner)]),
    )
  }
  return walk(value)
}
