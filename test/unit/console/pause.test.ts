/** Questions that the console shows for a paused workflow, and the answers that it sends. */
import { expect, test } from 'vitest'
import { answerFor, itemsIn } from '../../../console/state/pause.ts'
import type { Pause } from '../../../console/state/run-model.ts'
import { RELEASES, recording } from '../compose/recordings.ts'

type Steps = Pause['stepRequirements']

/** The pause of a recorded run of real AgentOS. */
function pauseOf(release: (typeof RELEASES)[number], name: string): Pause {
  const events = recording(release, name).events ?? []
  const paused = events.find(({ event }) => event === 'WorkflowPaused')
  const stepRequirements = paused?.['step_requirements'] as Steps
  return { requirements: [], tools: [], stepRequirements } as unknown as Pause
}

test.each(RELEASES)('a changed output of %s is sent as edited_output', (release) => {
  const pause = pauseOf(release, 'workflow-review-pause-stream')
  const [item] = itemsIn(pause)
  expect(item).toMatchObject({ kind: 'step_review', title: 'draft', message: 'good?' })
  const decisions = { [item?.key ?? '']: { isApproved: true, result: 'better' } }
  const { field, value } = answerFor('workflows', pause, decisions)
  expect(field).toBe('step_requirements')
  expect(value).toMatchObject([{ confirmed: true, edited_output: 'better' }])
})

test.each(RELEASES)('a chosen route of %s is sent as selected_choices', (release) => {
  const pause = pauseOf(release, 'workflow-choose-pause-stream')
  const [item] = itemsIn(pause)
  expect(item).toMatchObject({ kind: 'step_route', title: 'pick', message: 'where?' })
  const { value } = answerFor('workflows', pause, {
    [item?.key ?? '']: { chosen: { '': ['right'] } },
  })
  expect(value).toMatchObject([{ selected_choices: ['right'] }])
})

test.each(RELEASES)('an answered requirement of %s is not shown again', (release) => {
  const pause = pauseOf(release, 'workflow-detour-continue-stream')
  expect(pause.stepRequirements).toHaveLength(2)
  expect(itemsIn(pause).map(({ kind }) => kind)).toEqual(['step_route'])
})
