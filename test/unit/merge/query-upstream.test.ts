import { expect, test } from 'vitest'
import { GatewayError } from '../../../src/errors.ts'
import type { UpstreamReply } from '../../../src/merge/query-upstream.ts'
import {
  bestRefusal,
  failedUpstreams,
  firstOf,
  isUnsupported,
  statusOf,
} from '../../../src/merge/query-upstream.ts'
import type { Upstream } from '../../../src/upstream/upstream.ts'

const targetOf = (name: string) => ({ upstream: { name } as Upstream })
const reply = (status: number, detail = '', name = `${status}`): UpstreamReply => ({
  target: targetOf(name),
  response: { status, rawHeaders: [], body: Buffer.from(JSON.stringify({ detail })) },
})
const failed = (name = 'down'): UpstreamReply => ({
  target: targetOf(name),
  error: new GatewayError('AGW_UPSTREAM_UNREACHABLE'),
})

test('the most specific refusal among several upstreams is passed on', () => {
  const unrouted = reply(404, 'Not Found')
  const off = reply(503, 'Queue not available: pass a `queue`')
  const missing = reply(404, "Session with id 'x' not found")
  expect(bestRefusal([failed(), unrouted, off])).toBe(off)
  expect(bestRefusal([reply(403), off, missing])).toBe(missing)
  expect(bestRefusal([failed(), unrouted])).toBe(unrouted)
  expect(bestRefusal([failed(), reply(500)])).toMatchObject({ response: { status: 500 } })
})

test('only upstreams that could not answer are reported as missing', () => {
  const replies = [
    reply(200),
    reply(404, 'Not Found'),
    reply(501),
    reply(503, 'Components not available: pass a db'),
    reply(400, 'No database is configured on this AgentOS'),
    reply(500, '', 'broken'),
    reply(401, '', 'closed'),
    reply(503, 'overloaded', 'busy'),
    failed(),
  ]
  expect(failedUpstreams(replies)).toEqual(['broken', 'closed', 'busy', 'down'])
  expect(isUnsupported(failed())).toBe(false)
})

test('the first success wins without waiting for slower upstreams', async () => {
  const never = new Promise<UpstreamReply>(() => {})
  const good = reply(200)
  const isGood = (one: UpstreamReply) => statusOf(one) === 200
  expect(await firstOf([never, Promise.resolve(reply(404)), Promise.resolve(good)], isGood)).toBe(
    good,
  )
  const refusals = [reply(404), failed()]
  expect(
    await firstOf(
      refusals.map((one) => Promise.resolve(one)),
      isGood,
    ),
  ).toEqual(refusals)
})
