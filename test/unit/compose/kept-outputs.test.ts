/** Which outputs a composed component keeps in memory. */
import { expect, test } from 'vitest'
import { step, UnknownRun, Workflow } from '../../../src/index.ts'

test('an output is kept unless the owner of the journal keeps the run', async () => {
  const workflow = new Workflow({ id: 'w', steps: [step('a', () => 'done')] })
  await workflow.run('x', { runId: 'own' })
  expect(await workflow.getRun('own')).toMatchObject({ content: 'done' })
  const entries = new Map<string, Record<string, unknown>>()
  const journal = {
    get: (key: string) => entries.get(key),
    put: async (key: string, value: Record<string, unknown>) => void entries.set(key, value),
  }
  expect(await workflow.run('x', { runId: 'stored', journal })).toMatchObject({ content: 'done' })
  await expect(workflow.getRun('stored')).rejects.toThrow(UnknownRun)
})
