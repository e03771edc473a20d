import { describe, expect, test } from 'vitest'
import { cardFor } from '../support/agentos.ts'
import { send } from '../support/client.ts'
import type { ReceivedRequest } from '../support/fake-upstream.ts'
import { answerJson, startFakeUpstream } from '../support/fake-upstream.ts'
import { gatewayTo, startGateway } from '../support/gateway.ts'
import { Queue } from '../support/queue.ts'
import { refusingUrl } from '../support/raw-upstream.ts'

const FRESH = { 'cache-control': 'no-cache' }
const CARD = '/agents/echo'

/** Starts an AgentOS whose cards carry the number of their fetch and, with `isHeld`, wait for the test. */
async function open(document: object = {}) {
  const fetches: ReceivedRequest[] = []
  const held = new Queue<() => void>()
  const state = { isHeld: false, status: 200 }
  const upstream = await startFakeUpstream((request, response) => {
    if (request.url !== CARD)
      return answerJson(response, cardFor({ agents: ['echo'] }, request.url))
    fetches.push(request)
    const body = { id: 'echo', fetch: fetches.length, for: request.headers.authorization }
    const answer = () => answerJson(response, body, state.status)
    if (state.isHeld) held.push(answer)
    else answer()
  })
  const gateway = await startGateway(
    { upstreams: [{ name: 'a', url: upstream.url }], ...document },
    { ready: ['a'] },
  )
  const get = async (headers: Record<string, string> = {}) => {
    const answer = await send(gateway.url + CARD, { headers })
    return { status: answer.status, headers: answer.headers, body: await answer.json() }
  }
  return { upstream, gateway, fetches, held, state, get }
}

describe('cached cards', () => {
  test('simultaneous requests share one fetch of a card', async () => {
    const { state, held, fetches, get } = await open()
    state.isHeld = true
    const answers = Array.from({ length: 20 }, () => get())
    const release = await held.next()
    release()
    for (const answer of await Promise.all(answers)) expect(answer.body).toMatchObject({ fetch: 1 })
    expect(fetches).toHaveLength(1)
  })

  test('a fresh card is served from the cache with its age', async () => {
    const { fetches, get } = await open()
    await get()
    const { headers, body } = await get()
    expect(body).toMatchObject({ fetch: 1 })
    expect(headers['age']).toBe('0')
    expect(fetches).toHaveLength(1)
  })

  test('a stale card is served at once and renewed in the background', async () => {
    const { held, state, get } = await open({ config_ttl: '1ms' })
    await get()
    state.isHeld = true
    const fetchedAt = performance.now()
    await expect.poll(() => performance.now() - fetchedAt, { interval: 1 }).toBeGreaterThan(2)
    expect((await get()).body).toMatchObject({ fetch: 1 })
    const release = await held.next()
    expect((await get()).body).toMatchObject({ fetch: 1 })
    release()
  })

  test('cache-control: no-cache fetches the card again', async () => {
    const { get } = await open()
    await get()
    expect((await get(FRESH)).body).toMatchObject({ fetch: 2 })
    expect((await get()).body).toMatchObject({ fetch: 2 })
  })

  test('a cached card is served marked as stale after its upstream died', async () => {
    const { upstream, get } = await open()
    await get()
    await upstream.close()
    for (const headers of [{}, FRESH]) {
      expect(await get(headers)).toMatchObject({ status: 200, body: { fetch: 1 } })
    }
    expect((await get(FRESH)).headers['x-agentos-stale']).toBe('a')
  })

  test('an unfetched card of a dead upstream comes from the list', async () => {
    const { upstream, get } = await open()
    await upstream.close()
    const { status, body, headers } = await get()
    expect([status, headers['x-agentos-stale']]).toEqual([200, 'a'])
    expect(body).toMatchObject({ id: 'echo', name: 'Name of echo' })
  })

  test("a refused card is refused in the upstream's words", async () => {
    const { state, get } = await open()
    state.status = 403
    expect(await get()).toMatchObject({ status: 403, body: { id: 'echo' } })
  })
})

test('an unknown card of an unreachable upstream answers 502', async () => {
  const gateway = await gatewayTo(refusingUrl())
  const answer = await send(gateway.url + CARD)
  expect([answer.status, await answer.json()]).toEqual([
    502,
    { detail: "Upstream 'a' is unreachable" },
  ])
  expect(answer.headers).not.toHaveProperty('x-agentos-stale')
})

describe('separation of callers', () => {
  test('a card fetched for one caller is never served to another', async () => {
    const { fetches, get } = await open()
    const [one, two] = [{ authorization: 'Bearer one' }, { authorization: 'Bearer two' }]
    expect((await get(one)).body).toMatchObject({ for: 'Bearer one' })
    expect((await get(two)).body).toMatchObject({ for: 'Bearer two' })
    expect((await get()).body).not.toHaveProperty('for')
    expect((await get(one)).body).toMatchObject({ for: 'Bearer one', fetch: 1 })
    expect(fetches).toHaveLength(3)
  })

  test("an anonymous caller never gets the card of the gateway's token", async () => {
    const { upstream } = await open()
    const gateway = await startGateway(
      { upstreams: [{ name: 'a', url: upstream.url, config_token: 'own' }] },
      { ready: ['a'] },
    )
    const answer = await send(gateway.url + CARD)
    expect(await answer.json()).not.toHaveProperty('for')
  })

  test('callers share the cached card when the gateway uses its own credentials', async () => {
    const { upstream, fetches } = await open()
    const credentials = { bearer: 'shared' }
    const gateway = await startGateway(
      { upstreams: [{ name: 'a', url: upstream.url, credentials }] },
      { ready: ['a'] },
    )
    for (const authorization of ['Bearer one', 'Bearer two']) {
      const answer = await send(gateway.url + CARD, { headers: { authorization } })
      expect(await answer.json()).toMatchObject({ for: 'Bearer shared' })
    }
    expect(fetches).toHaveLength(1)
  })
})

describe('unusable card responses', () => {
  test.each([
    ['an HTML page', 200, '<html>', 502, "Upstream 'a' answered with a body that is not JSON"],
    ['a redirect', 307, '', 502, "Upstream 'a' answered 307"],
    ['an error page of a proxy', 503, '<html>', 503, "Upstream 'a' answered 503"],
    ['an error of its own', 500, '{"detail":"boom"}', 500, 'boom'],
  ])(
    'a card request answered with %s gives the fitting error',
    async (_name, sent, text, status, detail) => {
      const upstream = await startFakeUpstream(({ url }, response) => {
        if (url !== CARD) return answerJson(response, cardFor({ agents: [] }, url))
        response.writeHead(sent, { location: '/login' }).end(text)
      })
      const gateway = await startGateway({
        upstreams: [{ name: 'a', url: upstream.url }],
        agents: [{ upstream: 'a', agent_id: 'echo' }],
      })
      const answer = await send(gateway.url + CARD)

      expect([answer.status, await answer.json()]).toEqual([status, { detail }])
    },
  )
})
