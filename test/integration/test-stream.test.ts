import { describe, expect, test } from 'vitest'
import { send } from '../support/client.ts'
import { gatewayTo } from '../support/gateway.ts'
import { bearer, JWT_AUTH, tokenFor } from '../support/tokens.ts'

const PATH = '/gateway/stream-test'
const open = (document: object = {}) => gatewayTo('http://127.0.0.1:9', document)

describe('the test stream', () => {
  test('the test stream sends the requested events with heartbeats between them', async () => {
    const gateway = await open()
    const answer = await send(`${gateway.url}${PATH}?events=3&interval=120&heartbeat=50`)
    expect(answer.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
      'x-request-id': expect.any(String),
    })
    const first = await answer.event()
    expect(first).toMatch(/^event: tick\ndata: \{"index":1,"of":3,"sent_at_ms":\d+\}\n\n$/)
    await answer.until(': heartbeat\n')
    expect(await answer.isWhole).toBe(true)
    const sentAt = [...answer.text.matchAll(/"sent_at_ms":(\d+)/g)].map(([, at]) => Number(at))
    expect(sentAt).toHaveLength(3)
    expect((sentAt[2] as number) - (sentAt[0] as number)).toBeGreaterThanOrEqual(230)
  })

  test('the test stream requires the admin scope when authentication is on', async () => {
    const gateway = await open({ auth: JWT_AUTH })
    const url = `${gateway.url}${PATH}?events=1`
    expect((await send(url)).status).toBe(401)
    expect((await send(url, { headers: bearer(tokenFor()) })).status).toBe(403)
    const admin = bearer(tokenFor({ scopes: ['agent_os:admin'] }))
    expect((await send(url, { headers: admin })).status).toBe(200)
  })

  test.each([
    'events=0',
    'events=1001',
    'interval=9',
    'interval=x',
    'heartbeat=',
    'events=1000&interval=60000',
  ])('the test stream refuses the query %s', async (query) => {
    const gateway = await open()
    const answer = await send(`${gateway.url}${PATH}?${query}`)
    expect([answer.status, await answer.json()]).toEqual([400, { detail: expect.any(String) }])
  })

  test('the test stream ends on disconnect and when the gateway drains', async () => {
    const gateway = await open()
    const url = `${gateway.url}${PATH}?events=2&interval=300000`
    const leaving = await send(url)
    await leaving.event()
    leaving.abort()
    await gateway.log.access(PATH)
    expect(gateway.app.openResponses.size).toBe(0)
    const answer = await send(url)
    await answer.event()
    await gateway.app.drain(0)
    expect(await answer.whole()).toContain('event: error')
    expect(await answer.isWhole).toBe(false)
  })
})
