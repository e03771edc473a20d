import { describe, expect, test } from 'vitest'
import { RunAccount } from '../../../src/budget/run-account.ts'
import { RunMeter, readFrame } from '../../../src/budget/run-meter.ts'
import { GatewayError } from '../../../src/errors.ts'
import type { Exchange, ResponseSink } from '../../../src/upstream/exchange.ts'
import { RunUsage } from '../../../src/usage/run-usage.ts'
import { eventText } from '../../support/fake-upstream.ts'

const STREAM = ['Content-Type', 'text/event-stream; charset=utf-8']
const JSON_TYPE = ['content-type', 'application/json']

function metered(rawHeaders: readonly string[], status = 200) {
  const calls: string[] = []
  let charged = 0
  const received: Buffer[] = []
  const sink: ResponseSink = {
    onHead: () => calls.push('head'),
    onData: (chunk) => {
      received.push(chunk)
      calls.push(`data at ${charged}`)
    },
    onEnd: () => calls.push('end'),
    onError: ({ code }) => calls.push(code),
    onTick: (ticks) => calls.push(`tick ${ticks}`),
  }
  const account = new RunAccount({
    ledger: { add: (_account, { tokens }) => (charged += tokens) },
    accounts: [{ budget: {} as never, subject: 'alice' }],
    usage: new RunUsage(),
    charged: { tokens: 0, microCost: 0 },
  })
  const meter = new RunMeter(account, sink)
  meter.onHead({ status, statusText: 'OK', rawHeaders, replicaUrl: '' }, {} as Exchange)
  return {
    meter,
    account,
    calls,
    get charged() {
      return charged
    },
    get bytes() {
      return Buffer.concat(received).toString()
    },
  }
}

const RUN =
  eventText({ event: 'RunStarted', run_id: 'r-1' }) +
  eventText({ event: 'RunContent', run_id: 'r-1', content: 'say "Completed" \n é' }) +
  eventText({ event: 'ModelRequestCompleted', run_id: 'r-1', input_tokens: 10, output_tokens: 4 }) +
  eventText({ event: 'RunCompleted', run_id: 'r-1', metrics: { input_tokens: 20 } })

describe('a stream', () => {
  test.each([1, 2, 7, 100, 10_000])('chunks of %d bytes are read and passed on', (size) => {
    const found = metered(STREAM)
    const bytes = Buffer.from(RUN)
    for (let at = 0; at < bytes.length; at += size) {
      found.meter.onData(bytes.subarray(at, at + size))
    }
    found.meter.onEnd()
    expect([found.charged, found.bytes, found.calls.at(-1)]).toEqual([20, RUN, 'end'])
  })

  test('tokens are charged before their event is passed on', () => {
    const found = metered(STREAM)
    found.meter.onData(Buffer.from(RUN))
    expect(found.calls).toEqual(['head', 'data at 20'])
  })

  test('an event without its blank line counts at the end', () => {
    const found = metered(STREAM)
    found.meter.onData(Buffer.from(RUN.trimEnd()))
    found.meter.onEnd()
    expect(found.charged).toBe(20)
  })

  test('an event above 1 MiB passes, and its run counts by its requests', () => {
    const found = metered(STREAM)
    const end = { event: 'RunCompleted', run_id: 'r-1', metrics: { input_tokens: 99 } }
    const text = RUN.replace(/event: RunCompleted.*/s, '')
    const long = eventText({ ...end, content: 'x'.repeat(2 * 1024 * 1024) })
    for (const part of [text, long.slice(0, 1_200_000), long.slice(1_200_000)]) {
      found.meter.onData(Buffer.from(part))
    }
    found.meter.onEnd()
    expect([found.charged, found.bytes.length]).toEqual([14, text.length + long.length])
  })

  test('an event that is no JSON object counts nothing', () => {
    const found = metered(STREAM)
    found.meter.onData(Buffer.from('data: [1]\n\ndata: {"event":"RunCompleted"\n\n'))
    expect(found.charged).toBe(0)
  })
})

describe('a JSON answer', () => {
  const output = { run_id: 'r-1', status: 'COMPLETED', metrics: { input_tokens: 9 } }

  test('an answer of known length is charged before its last byte is passed on', () => {
    const text = JSON.stringify(output)
    const found = metered([...JSON_TYPE, 'Content-Length', String(text.length)])
    found.meter.onData(Buffer.from(text.slice(0, 10)))
    found.meter.onData(Buffer.from(text.slice(10)))
    found.meter.onEnd()
    expect(found.calls).toEqual(['head', 'data at 0', 'data at 9', 'end'])
  })

  test('an answer of unknown length is charged at its end', () => {
    const found = metered(JSON_TYPE)
    found.meter.onData(Buffer.from(JSON.stringify(output)))
    found.meter.onEnd()
    expect(found.charged).toBe(9)
  })

  test('a long answer is parsed in turns', async () => {
    const found = metered(JSON_TYPE)
    const messages = [{ content: 'x'.repeat(200_000) }]
    found.meter.onData(Buffer.from(JSON.stringify({ messages, ...output })))
    found.meter.onEnd()
    await expect.poll(() => found.charged).toBe(9)
  })

  test('an answer above 2 MiB counts by the metrics at its beginning', () => {
    const found = metered(JSON_TYPE)
    const messages = [{ content: 'x'.repeat(3 * 1024 * 1024) }]
    const bytes = Buffer.from(JSON.stringify({ ...output, messages }))
    for (let at = 0; at < bytes.length; at += 65_536) {
      found.meter.onData(bytes.subarray(at, at + 65_536))
    }
    found.meter.onEnd()
    expect([found.charged, found.account.usage.isOver]).toEqual([9, true])
  })

  test.each([
    ['{"metrics": {"input_tokens": 5', 200],
    ['null', 200],
    ['[]', 200],
    [JSON.stringify(output), 500],
  ])('the answer %s with status %d counts nothing', (text, status) => {
    const found = metered(JSON_TYPE, status)
    found.meter.onData(Buffer.from(text))
    found.meter.onEnd()
    expect([found.charged, found.bytes]).toEqual([0, text])
  })

  test('a broken answer above 2 MiB counts nothing', () => {
    const found = metered(JSON_TYPE)
    found.meter.onData(Buffer.from(`{"metrics": "${'x'.repeat(2 * 1024 * 1024)}`))
    found.meter.onEnd()
    expect(found.charged).toBe(0)
  })
})

test('failures and ticks reach the receiver', () => {
  const found = metered(STREAM)
  found.meter.onTick(3)
  found.meter.onError(new GatewayError('AGW_RELAY_TIMEOUT'))
  expect(found.calls).toEqual(['head', 'tick 3', 'AGW_RELAY_TIMEOUT'])
})

test.each([
  eventText({ event: 'ModelRequestCompleted', run_id: 'r-1', input_tokens: 5 }),
  JSON.stringify({ event: 'ModelRequestCompleted', run_id: 'r-1', input_tokens: 5 }),
])('the frame %s is charged', (frame) => {
  const found = metered(STREAM)
  readFrame(found.account, Buffer.from(frame))
  expect(found.charged).toBe(5)
})

test.each(['{"event": "RunContent"}', '{"x": "Completed"', `"Completed"${' '.repeat(1_048_577)}`])(
  'the frame %.20s is charged nothing',
  (frame) => {
    const found = metered(STREAM)
    readFrame(found.account, Buffer.from(frame))
    expect(found.charged).toBe(0)
  },
)
