import { expect, test } from 'vitest'
import { tokensIn } from '../../../src/metrics/tokens.ts'

const usage = { input_tokens: 10, output_tokens: 4, total_tokens: 14 }
const event = (value: object) => `event: X\ndata: ${JSON.stringify(value)}\n\n`
const inStream = (...events: object[]) => tokensIn(Buffer.from(events.map(event).join('')), true)
const inJson = (value: unknown) => tokensIn(Buffer.from(JSON.stringify(value)), false)

test('the final event of a run carries its token counts', () => {
  for (const name of ['RunCompleted', 'TeamRunCompleted']) {
    const completed = { event: name, content: 'Hi', metrics: usage }
    expect(inStream({ event: 'RunContent' }, completed)).toEqual({ input: 10, output: 4 })
  }
})

test("a workflow's tokens are the sum over its steps", () => {
  const steps = { one: { metrics: usage }, two: { metrics: usage }, three: null, four: {} }
  const completed = { event: 'WorkflowCompleted', metrics: { steps, duration: 1 } }
  expect(inStream(completed)).toEqual({ input: 20, output: 8 })
  expect(inJson({ status: 'COMPLETED', metrics: { steps } })).toEqual({ input: 20, output: 8 })
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
  expect(inStream({ event: 'RunPaused', metrics: usage })).toBeUndefined()
  expect(inJson({ status: 'PAUSED', metrics: usage })).toBeUndefined()
})

test('malformed metrics from an upstream are ignored', () => {
  for (const value of [null, 1, 'metrics', { metrics: 1 }, { metrics: null }, { metrics: {} }]) {
    expect(inJson(value)).toBeUndefined()
  }
  expect(inJson({ metrics: { input_tokens: -1, output_tokens: 'x' } })).toBeUndefined()
  expect(inJson({ metrics: { input_tokens: 1e300, output_tokens: 4 } })).toBeUndefined()
  expect(tokensIn(Buffer.from('{"metrics":'), false)).toBeUndefined()
  expect(tokensIn(Buffer.from('event: "metrics"\n\n'), true)).toBeUndefined()
  expect(tokensIn(Buffer.from('data: {"metrics":'), true)).toBeUndefined()
  expect(inStream({ event: 'ModelRequestCompleted', ...usage })).toBeUndefined()
})

test('a response end beyond the size limit is not searched for tokens', () => {
  expect(inJson({ metrics: usage, content: 'x'.repeat(300_000) })).toBeUndefined()
})
