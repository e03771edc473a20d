import { expect, test } from 'vitest'
import { tokensIn } from '../../../src/usage/run-tokens.ts'
import { eventText } from '../../support/fake-upstream.ts'

const usage = { input_tokens: 10, output_tokens: 4, total_tokens: 14 }
const inStream = (...events: { event: string }[]) =>
  tokensIn(
    Buffer.from(events.map((event) => eventText({ run_id: 'r-1', ...event })).join('')),
    true,
  )
const inJson = (value: unknown) => tokensIn(Buffer.from(JSON.stringify(value)), false)

test('the final event of a run carries its token counts', () => {
  for (const event of ['RunCompleted', 'TeamRunCompleted', 'RunCancelled']) {
    const end = { event, content: 'Hi', metrics: usage }
    expect(inStream({ event: 'RunContent' }, end)).toEqual({ input: 10, output: 4 })
  }
})

test('a team counts the members that its output names', () => {
  const member = { run_id: 'm', metrics: { input_tokens: 7 } }
  const team = { run_id: 't', metrics: usage, member_responses: [member] }
  expect(inStream({ event: 'TeamRunCompleted', ...team })).toEqual({ input: 17, output: 4 })
  expect(inJson(team)).toEqual({ input: 17, output: 4 })
})

test('counts that AgentOS leaves out are zero', () => {
  const metrics = { input_tokens: 10 }
  expect(inStream({ event: 'RunCompleted', ...{ metrics } })).toEqual({ input: 10, output: 0 })
  expect(inJson({ metrics })).toEqual({ input: 10, output: 0 })
  expect(inJson({ metrics: { ...metrics, output_tokens: -1 } })).toEqual({ input: 10, output: 0 })
})

test("a workflow's tokens are the sum over its steps", () => {
  const steps = { one: { metrics: usage }, two: { metrics: usage }, three: null, four: {} }
  const completed = { event: 'WorkflowCompleted', metrics: { steps, duration: 1 } }
  expect(inStream(completed)).toEqual({ input: 20, output: 8 })
  expect(inJson({ status: 'COMPLETED', metrics: { steps } })).toEqual({ input: 20, output: 8 })
})

test('the end of a step does not count as the end of its workflow', () => {
  const step = { event: 'RunCompleted', run_id: 'a', workflow_run_id: 'r-1', metrics: usage }
  expect(inStream(step)).toBeUndefined()
})

test("a JSON response counts the run's tokens, not those of its messages", () => {
  const messages = [{ metrics: { input_tokens: 1, output_tokens: 1 } }]
  const answer = { content: '"metrics":{}', messages, metrics: usage }
  expect(inJson(answer)).toEqual({ input: 10, output: 4 })
  const first = { content: 'a "b\\', steps: [[]], metrics: usage, messages }
  expect(inJson(first)).toEqual({ input: 10, output: 4 })
  expect(inJson({ messages, status: 'COMPLETED' })).toBeUndefined()
})

test('a paused run does not count its tokens yet', () => {
  expect(inStream({ event: 'RunPaused', ...{ metrics: usage } })).toBeUndefined()
  expect(inJson({ status: 'PAUSED', metrics: usage })).toBeUndefined()
})

test('malformed metrics from an upstream are ignored', () => {
  for (const value of [null, 1, 'metrics', { metrics: 1 }, { metrics: null }, { metrics: {} }]) {
    expect(inJson(value)).toBeUndefined()
  }
  expect(inJson({ metrics: { input_tokens: -1, output_tokens: 'x' } })).toBeUndefined()
  expect(tokensIn(Buffer.from('{"metrics":'), false)).toBeUndefined()
  expect(tokensIn(Buffer.from('event: "metrics"\n\n'), true)).toBeUndefined()
  expect(tokensIn(Buffer.from('data: {"metrics":'), true)).toBeUndefined()
  expect(inStream({ event: 'ModelRequestCompleted', ...usage })).toBeUndefined()
})

test('a response end beyond the size limit is not searched for tokens', () => {
  expect(inJson({ metrics: usage, content: 'x'.repeat(300_000) })).toBeUndefined()
})
