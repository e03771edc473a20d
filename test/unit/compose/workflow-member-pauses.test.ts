/** Pauses of workflows that are members, in the form of AgentOS: the answered requirements of earlier pauses come first. */
import { expect, test } from 'vitest'
import type { Member, MemberOutput } from '../../../src/compose/member.ts'
import { answersFor, pauseOf } from '../../../src/compose/pause.ts'
import type { Dict } from './recordings.ts'
import { RELEASES, recording } from './recordings.ts'

const MEMBER = { kind: 'workflows', id: 'detour', name: 'Detour' } as Member

test.each(RELEASES)('only the open requirement of %s is asked and answered', (release) => {
  const events = recording(release, 'workflow-detour-continue-stream').events ?? []
  const output = events.find(({ event }) => event === 'WorkflowPaused') as unknown as MemberOutput
  const before = output['step_requirements'] as Dict[]
  expect(before.map((one) => one['confirmed'])).toEqual([false, null])
  const paused = pauseOf(MEMBER, output, 'run', 1)
  const tools = paused.requirements.map((one) => one['tool_execution'] as Dict)
  expect(tools).toHaveLength(1)
  const schema = tools[0]?.['user_feedback_schema'] as Dict[]
  const tool_execution = {
    ...tools[0],
    user_feedback_schema: [{ ...schema[0], selected_options: ['right'] }],
  }
  const requirements = [{ ...paused.requirements[0], tool_execution }]
  const { list } = answersFor(MEMBER, { ...paused, requirements })
  expect(list).toEqual([before[0], { ...before[1], selected_choices: ['right'] }])
})
