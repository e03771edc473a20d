import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { Gateway } from '../../../src/gateway.ts'
import { CachedAnswer } from '../../../src/remote/config-cache.ts'
import { configOf } from '../../support/gateway.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const EMPTY = new CachedAnswer(200, Buffer.from('[]'), 0)

/** Returns a gateway with one upstream, and a spy that counts how often the upstream is queried. */
function gatewayBefore(answers: () => Promise<CachedAnswer>) {
  const gateway = new Gateway(configOf({ upstreams: [{ name: 'a', url: 'http://127.0.0.1:9' }] }))
  onTestFinished(() => gateway.discovery.stop())
  vi.spyOn(gateway.discovery, 'get').mockImplementation(answers)
  const asked = vi.spyOn(gateway.discovery, 'refresh')
  gateway.discovery.start()
  return { gateway, asked }
}

test('an upstream that never answered is queried every 2 s', async () => {
  const { asked } = gatewayBefore(() => Promise.reject(new Error('refused')))
  await vi.advanceTimersByTimeAsync(60_000)
  asked.mockClear()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(asked).toHaveBeenCalledTimes(30)
})

test('a known upstream is retried with back-off up to 15 s', async () => {
  let answer = () => Promise.resolve(EMPTY)
  const { gateway, asked } = gatewayBefore(() => answer())
  await vi.advanceTimersByTimeAsync(0)
  answer = () => Promise.reject(new Error('refused'))
  for (const upstream of gateway.discovery.current.upstreams.values()) {
    await gateway.discovery.refresh(upstream)
  }
  await vi.advanceTimersByTimeAsync(60_000)
  asked.mockClear()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(asked).toHaveBeenCalledTimes(4)
})
