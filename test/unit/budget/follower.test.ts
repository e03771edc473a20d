import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Follower } from '../../../src/budget/follower.ts'
import { RunAccount } from '../../../src/budget/run-account.ts'
import { RunUsage } from '../../../src/usage/run-usage.ts'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

const done = { run_id: 'r-1', status: 'COMPLETED', metrics: { input_tokens: 40 } }

function pending(output: object = { run_id: 'r-1', session_id: 's', status: 'PENDING' }) {
  let charged = 0
  const account = new RunAccount({
    ledger: { add: (_account, { tokens }) => (charged += tokens) },
    accounts: [{ budget: {} as never, subject: undefined }],
    usage: new RunUsage(),
    charged: { tokens: 0, microCost: 0 },
  })
  account.usage.readOutput(output as Record<string, unknown>)
  return { account, charged: () => charged }
}

test('a background run is read until it has ended', async () => {
  const { account, charged } = pending()
  const follower = new Follower()
  const outputs = [{ run_id: 'r-1', status: 'RUNNING' }, done]
  const read = vi.fn(async () => outputs.shift())
  follower.follow(account, read)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(read.mock.calls).toEqual([
    ['r-1', 's'],
    ['r-1', 's'],
  ])
  expect([charged(), follower.size]).toEqual([40, 0])
})

test('a run that cannot be read five times in a row is given up', async () => {
  const { account, charged } = pending()
  const follower = new Follower()
  const read = vi.fn(async () => {
    throw new Error('no')
  })
  follower.follow(account, read)
  await vi.advanceTimersByTimeAsync(3_600_000)
  expect([read.mock.calls.length, charged(), follower.size]).toEqual([5, 0, 0])
})

test('a run without an end is read once a minute for a day', async () => {
  const { account } = pending()
  const follower = new Follower()
  const read = vi.fn(async () => ({ run_id: 'r-1', status: 'RUNNING' }))
  follower.follow(account, read)
  await vi.advanceTimersByTimeAsync(48 * 3_600_000)
  expect(read.mock.calls.length).toBeLessThan(1_460)
  expect(follower.size).toBe(0)
})

test('a run that is charged by another reader is not read again', async () => {
  const { account } = pending()
  const follower = new Follower()
  const read = vi.fn(async () => done)
  follower.follow(account, read)
  account.usage.readOutput(done)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(read).not.toHaveBeenCalled()
})

test.each([
  { run_id: 'r-1', status: 'COMPLETED' },
  { run_id: 'r-1', status: 'PAUSED' },
])('the run %j is not followed', (output) => {
  const follower = new Follower()
  follower.follow(pending(output).account, async () => undefined)
  expect(follower.size).toBe(0)
})

test('at most 1,000 runs are followed, and none after the end', async () => {
  const follower = new Follower()
  const read = vi.fn(async () => undefined)
  for (let i = 0; i < 1_001; i++) follower.follow(pending().account, read)
  expect(follower.size).toBe(1_000)
  follower.close()
  await vi.advanceTimersByTimeAsync(60_000)
  expect([follower.size, read.mock.calls.length]).toEqual([0, 0])
})
