import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { sendEvents } from '../../../composer/event-stream.ts'

test('A stream whose caller has left before it begins ends at once', async () => {
  const app = fastify({ forceCloseConnections: true })
  onTestFinished(() => app.close())
  const leave = new AbortController()
  const ended = Promise.withResolvers<boolean>()
  app.get('/', async (_request, reply) => {
    const closed = once(reply.raw, 'close')
    leave.abort()
    await closed
    await sendEvents(reply, async function* (signal) {
      yield 'data: {}\n\n'
      yield 'data: {}\n\n'
      ended.resolve(signal.aborted)
    })
    ended.resolve(true)
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  await fetch(`http://127.0.0.1:${port}/`, { signal: leave.signal }).catch(() => undefined)
  expect(await ended.promise).toBe(true)
})
