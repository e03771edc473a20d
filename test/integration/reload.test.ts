import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { answerTo, begin, run, send } from '../support/client.ts'
import { eventText } from '../support/fake-upstream.ts'
import { configOf, startGateway } from '../support/gateway.ts'

/** Starts a gateway over two upstreams, with a configuration that the test changes. */
async function changeable(more: object = {}) {
  const a = await startAgentOs({ agents: ['one'] })
  const b = await startAgentOs({ agents: ['two'] })
  const upstreams = { a: { name: 'a', url: a.url }, b: { name: 'b', url: b.url } }
  const file: { document: object } = {
    document: { upstreams: [upstreams.a, upstreams.b], ...more },
  }
  const gateway = await startGateway(file.document, {
    ready: ['a', 'b'],
    load: () => configOf(file.document),
  })
  const reload = async (document: object) => {
    file.document = document
    return send(`${gateway.url}/gateway/reload`, { method: 'POST' })
  }
  const agents = async () => {
    const cards = (await (await send(`${gateway.url}/agents`)).json()) as { id: string }[]
    return cards.map(({ id }) => id)
  }
  return { a, b, upstreams, gateway, reload, agents }
}

describe('reloads', () => {
  test('a reload adds and removes upstreams before the next request', async () => {
    const { upstreams, reload, agents } = await changeable()
    const c = await startAgentOs({ agents: ['three'] })
    await reload({ upstreams: [upstreams.a, { name: 'c', url: c.url }] })
    expect(await agents()).toEqual(['one', 'three'])
    await reload({ upstreams: [{ name: 'c', url: c.url, prefix: 'c-' }] })
    expect(await agents()).toEqual(['c-three'])
  })

  test('a reload does not touch unchanged upstreams', async () => {
    const { a, upstreams, gateway, reload } = await changeable()
    const upstream = gateway.app.engine.current.upstreams.get('a')
    const asked = a.requests.length
    await reload({ upstreams: [upstreams.a, upstreams.b], name: 'another' })
    expect(gateway.app.engine.current.upstreams.get('a')).toBe(upstream)
    expect(a.requests.length).toBe(asked)
  })

  test('a reload drops the components of an upstream whose name moved', async () => {
    const { b, gateway, reload, agents } = await changeable()
    await send(`${gateway.url}/agents/one`)
    await reload({ upstreams: [{ name: 'a', url: b.url }] })
    expect(await agents()).toEqual(['two'])
    expect((await send(`${gateway.url}/agents/one`)).status).toBe(404)
  })

  test('open streams continue after a reload removes their upstream', async () => {
    const { a, upstreams, gateway, reload } = await changeable()
    const removed = gateway.app.engine.current.upstreams.get('a')
    const answering = run(`${gateway.url}/agents/one/runs`)
    const stream = (await a.next()).events()
    const answer = await answering
    await reload({ upstreams: [upstreams.b] })
    for (let n = 0; n < 5; n++) {
      stream.write(eventText({ event: 'RunContent', n }))
      expect(await answer.event()).toContain(`"n":${n}`)
    }
    stream.end()
    expect(await answer.isWhole).toBe(true)
    await expect(removed?.fetch('/agents', { silenceMs: 1_000 })).rejects.toThrow()
  })

  test('a request being received keeps the upstreams of its arrival', async () => {
    const { a, upstreams, gateway, reload } = await changeable()
    const request = begin(`${gateway.url}/agents/one/runs`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '10' },
    })
    request.write('message')
    await expect.poll(() => gateway.app.engine.current.isIdle).toBe(false)
    await reload({ upstreams: [upstreams.b] })
    request.end('=hi')
    const answering = answerTo(request)
    ;(await a.next()).json({ content: 'hi' })
    expect((await answering).status).toBe(200)
  })

  test('a reload without changes keeps the version', async () => {
    const { gateway, upstreams, reload } = await changeable()
    const { current } = gateway.app.engine
    await reload({ upstreams: [upstreams.a, upstreams.b] })
    expect(gateway.app.engine.current).toBe(current)
    expect(gateway.app.reloads.version).toBe(1)
  })

  test('a hundred reloads leave a single configuration in use', async () => {
    const { upstreams, gateway, reload, agents } = await changeable()
    for (let n = 0; n < 100; n++) await reload({ upstreams: [upstreams.a], name: `${n}` })
    expect(gateway.app.reloads.version).toBe(101)
    expect(await agents()).toEqual(['one'])
    expect(gateway.app.engine.current.upstreams.get('a')?.holders).toBe(1)
  })

  test('a reload reports the settings that need a restart', async () => {
    const { upstreams, reload } = await changeable()
    const listen = { port: 9, trusted_proxies: ['10.0.0.0/8'] }
    const answer = await reload({ upstreams: [upstreams.a], listen })
    expect(await answer.json()).toMatchObject({
      version: 2,
      restart_needed: ['listen.port', 'listen.trusted_proxies'],
    })
  })

  test('a change that applies at once needs no restart', async () => {
    const { upstreams, reload } = await changeable()
    const metrics = { caller_labels: 5 }
    const answer = await reload({ upstreams: [upstreams.a], metrics })
    expect(await answer.json()).toMatchObject({ version: 2, restart_needed: [] })
  })

  test('turning a face on needs a restart', async () => {
    const { upstreams, reload } = await changeable()
    const answer = await reload({ upstreams: [upstreams.a], faces: { mcp: true } })
    expect(await answer.json()).toMatchObject({ restart_needed: ['faces'] })
  })

  test.each([
    [{ mcp: { path: '/tools' }, agui: true }, ['faces.mcp.path']],
    [{ mcp: true, agui: { mounts: [{ path: '/a', agent: 'one' }] } }, ['faces.agui.mounts']],
    [{ mcp: { tools: 'components' } }, []],
  ])('a reload with the faces %j reports their new paths', async (faces, restart_needed) => {
    const { upstreams, reload } = await changeable({ faces: { mcp: true, agui: true } })
    const answer = await reload({ upstreams: [upstreams.a], faces })
    expect(await answer.json()).toMatchObject({ version: 2, restart_needed })
  })
})

describe('refused configurations', () => {
  test('a refused configuration keeps the old one and reports its issues', async () => {
    const { gateway, reload, agents, upstreams } = await changeable()
    const refused = await reload({ upstreams: [{ name: 'a' }] })
    expect([refused.status, refused.headers['x-agentos-gateway-error']]).toEqual([
      409,
      'AGW_CONFIG_REFUSED',
    ])
    expect(await refused.whole()).toContain('needs a url')
    expect(await agents()).toEqual(['one', 'two'])
    const status = async () => (await send(`${gateway.url}/gateway/status`)).json()
    expect(await status()).toMatchObject({
      config: { version: 1, error: { issues: [expect.stringContaining('needs a url')] } },
    })
    await reload({ upstreams: [upstreams.a] })
    expect(JSON.stringify(await status())).not.toContain('"error":{')
  })
})

describe('rules after a reload', () => {
  test('new authentication and CORS rules apply after a reload', async () => {
    const { upstreams, gateway, reload } = await changeable()
    const origin = 'https://new.example.com'
    const allowed = async () =>
      (await send(`${gateway.url}/health`, { headers: { origin } })).headers[
        'access-control-allow-origin'
      ]
    expect(await allowed()).toBeUndefined()
    const auth = { mode: 'security_key', security_key: 'key-1' }
    await reload({ upstreams: [upstreams.a], cors: { origins: [origin] }, auth })
    expect(await allowed()).toBe(origin)
    expect((await send(`${gateway.url}/agents`)).status).toBe(401)
    const headers = { authorization: 'Bearer key-1' }
    expect((await send(`${gateway.url}/agents`, { headers })).status).toBe(200)
  })
})
