/** Teams of remote members, compared event by event with real Agno's of local ones. */
import { describe, expect, test } from 'vitest'
import type { TeamMode } from '../../../src/index.ts'
import { OpenAiLeader, Team } from '../../../src/index.ts'
import { startChatServer } from '../../support/chat-server.ts'
import type { FakeUpstream } from '../../support/fake-upstream.ts'
import { all } from '../client/support.ts'
import { byRun } from './compare.ts'
import type { Dict, Event, Recording } from './recordings.ts'
import { agent, comparable, playMembers, RELEASES, recording, team } from './recordings.ts'

const title = (id: string) => id.charAt(0).toUpperCase() + id.slice(1)

function named(at: FakeUpstream, id: string) {
  const made = id === 'inner' ? team(at, id) : agent(at, id)
  return Object.defineProperty(made, 'name', { value: title(id) })
}

async function teamOf(
  id: string,
  mode: TeamMode,
  members: readonly string[],
  at: FakeUpstream,
): Promise<Team> {
  const chat = await startChatServer()
  const model = new OpenAiLeader({ baseUrl: `${chat.url}/v1`, model: 'fake' })
  return new Team({ id, name: title(id), mode, model, members: members.map((m) => named(at, m)) })
}

/** In route mode Agno shows the member's content as the team's: given back to the member that said it. */
function withMemberContent(played: Recording): Recording {
  const { events = [] } = played
  const member = events.find(({ event }) => event === 'RunStarted') ?? {}
  const { agent_id, agent_name, run_id, parent_run_id } = member as Dict
  const given = events.map((event): Event => {
    if (event.event !== 'TeamRunContent') return event
    const { team_id: _, team_name: __, ...rest } = event
    return { ...rest, event: 'RunContent', agent_id, agent_name, run_id, parent_run_id }
  })
  return { ...played, events: given }
}

/** Only in Agno: what its client library keeps, and what a member knows of its own run. */
const DIFFERENT = [
  'model_provider_data',
  'session_state',
  'member_responses',
  'child_run_id',
  'parent_tool_call_id',
  'messages',
]

const CASES = [
  ['coordinate', 'coordinate', ['ann', 'bob'], 'team-coordinate-hello'],
  ['coordinate', 'coordinate', ['ann', 'bob'], 'team-coordinate-both'],
  ['coordinate', 'coordinate', ['ann', 'bob'], 'team-coordinate-alone'],
  ['route', 'route', ['cat', 'dan'], 'team-route-hello'],
  ['broadcast', 'broadcast', ['eve', 'fay'], 'team-broadcast-hello'],
  ['nested', 'coordinate', ['inner', 'hal'], 'team-nested-hello'],
] as const

describe.each(RELEASES)('%s', (release) => {
  test.each(CASES)(
    'a streamed team %s in mode %s of %j sends the events of %s',
    async (id, mode, members, name) => {
      const played = recording(release, `${name}-stream`)
      const upstream = await playMembers(mode === 'route' ? withMemberContent(played) : played)
      const { message = '', session_id: sessionId } = played.request.fields
      const made = await teamOf(id, mode, members, upstream)
      const events = (await all(made.run(message, { stream: true, sessionId }))) as Event[]
      const expected = played.events ?? []
      expect(byRun(events).map(({ event }) => event)).toEqual(
        byRun(expected).map(({ event }) => event),
      )
      // Agno hands the leader a sub-team's answer twice when it streams.
      const left = id === 'nested' ? [...DIFFERENT, 'result'] : DIFFERENT
      expect(comparable(byRun(events), left)).toEqual(comparable(byRun(expected), left))
    },
  )

  test.each(CASES)(
    'team %s in mode %s of %j gives the output of %s',
    async (id, mode, members, name) => {
      const played = recording(release, `${name}-whole`)
      const upstream = await playMembers(played)
      const { message = '', session_id: sessionId } = played.request.fields
      const output = await (await teamOf(id, mode, members, upstream)).run(message, { sessionId })
      const expected = played.output ?? {}
      const left = [...DIFFERENT, 'content', 'result']
      expect(comparable(output, left)).toEqual(comparable(expected, left))
      expect(String(output.content).trim()).toBe(String(expected['content']).trim())
    },
  )
})
