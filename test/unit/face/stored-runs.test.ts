/** Tests how the stored runs of a session are read from AgentOS, and which of them wait for an answer. */
import { describe, expect, test } from 'vitest'
import { AgentOSError } from '../../../src/client/agentos-error.ts'
import { isPaused, pausedRun, sessionRuns, storedRun } from '../../../src/face/stored-runs.ts'

describe('stored runs', () => {
  test('the runs of a session exclude member and regenerated runs', async () => {
    const asked: string[] = []
    const stored = [
      { run_id: 'a', status: 'paused', run_input: 'hi' },
      { run_id: 'b', status: 'COMPLETED', parent_run_id: 'a' },
      { run_id: 'c', status: 'REGENERATED' },
      { status: 'COMPLETED' },
      null,
    ]
    const runs = await sessionRuns(async (path) => {
      asked.push(path)
      return stored
    }, 's/1')
    expect(asked).toEqual(['/runs?session_id=s%2F1'])
    expect(runs).toEqual([{ runId: 'a', status: 'PAUSED', input: 'hi' }])
    expect((runs as []).map(isPaused)).toEqual([true])
  })

  test('a session that does not exist has no stored runs', async () => {
    expect(await sessionRuns(async () => undefined, 's')).toBe('none')
  })

  test('a refusal to list runs leaves the stored runs unknown', async () => {
    const refused = sessionRuns(() => Promise.reject(new AgentOSError(403, 'no')), 's')
    expect(await refused).toBeUndefined()
  })

  test('a failure of AgentOS is not taken for a refusal', async () => {
    const failed = sessionRuns(() => Promise.reject(new AgentOSError(500, 'no')), 's')
    await expect(failed).rejects.toMatchObject({ status: 500 })
  })

  test('a run that does not exist is answered with not found', async () => {
    const missing = storedRun(async () => undefined, 'r', 's')
    await expect(missing).rejects.toMatchObject({ code: 'AGW_NOT_FOUND' })
  })

  test('a stored run that waits is read with its open calls', async () => {
    const tools = [{ tool_call_id: 'c', requires_confirmation: true }]
    const pause = await pausedRun(async () => ({ status: 'paused', tools }), 'agents', 'r', 's')
    expect(pause).toMatchObject({
      runId: 'r',
      sessionId: 's',
      kind: 'agents',
      calls: [{ id: 'c' }],
    })
  })

  test.each([[{ status: 'COMPLETED' }], [{ status: 'PAUSED' }]])(
    'the stored run %j without open calls cannot be continued',
    async (run) => {
      const paused = pausedRun(async () => run, 'agents', 'r', 's')
      await expect(paused).rejects.toMatchObject({
        code: 'AGW_RUN_NOT_PAUSED',
        detail: `The run does not wait for an answer: its status is ${run.status}`,
      })
    },
  )
})
