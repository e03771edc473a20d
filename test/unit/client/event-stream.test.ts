import { expect, test } from 'vitest'
import { EventStream } from '../../../src/client/event-stream.ts'
import type { Exchange } from '../../../src/upstream/exchange.ts'
import { failureOf } from './support.ts'

/** Returns an exchange that records the calls it receives. */
function noting(): { asked: string[]; exchange: Exchange } {
  const asked: string[] = []
  const exchange = {
    abort: () => asked.push('abort'),
    pause: () => asked.push('pause'),
    resume: () => asked.push('resume'),
    limitSilence: (ms: number) => asked.push(`silence ${ms}`),
  }
  return { asked, exchange }
}

function begin(contentType: string | undefined, status = 200) {
  const { asked, exchange } = noting()
  const events = new EventStream('a', 300_000)
  const rawHeaders = contentType === undefined ? [] : ['Content-Type', contentType]
  events.onHead({ status, statusText: '', rawHeaders, replicaUrl: '' }, exchange)
  return { asked, events }
}

const many = (count: number) => Buffer.from('data: x\n\n'.repeat(count))

test('an event stream sets the idle limit of streams', () => {
  expect(begin('Text/Event-Stream; charset=utf-8').asked).toEqual(['silence 300000'])
})

test('the upstream is paused while many events are unread and then resumed', async () => {
  const { asked, events } = begin('text/event-stream')
  events.onData(many(63))
  expect(asked).toEqual(['silence 300000'])
  events.onData(many(100))
  events.onData(many(1))
  expect(asked).toEqual(['silence 300000', 'pause'])
  const reader = events[Symbol.asyncIterator]()
  for (let i = 0; i < 164; i++) await reader.next()
  expect(asked).toHaveLength(2)
  const next = reader.next()
  expect(asked).toEqual(['silence 300000', 'pause', 'resume'])
  events.onData(many(1))
  expect((await next).value).toMatchObject({ data: 'x' })
})

test('an answer without content type is aborted as a protocol error', async () => {
  const { asked, events } = begin(undefined)
  expect(asked).toEqual(['abort'])
  expect(await failureOf(events[Symbol.asyncIterator]().next())).toMatchObject({
    code: 'AGW_UPSTREAM_PROTOCOL',
  })
})

test('an error answer of unlimited length is cut off', async () => {
  const { events } = begin('text/plain', 500)
  for (let i = 0; i < 3; i++) events.onData(Buffer.alloc(600_000, 'x'))
  events.onEnd()
  const failure = await failureOf(events[Symbol.asyncIterator]().next())
  expect(failure).toMatchObject({ status: 500, detail: 'x'.repeat(500) })
})
