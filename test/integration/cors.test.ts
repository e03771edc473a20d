import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { rawConnection, run, send, sendRaw } from '../support/client.ts'
import { gatewayOf } from '../support/gateway.ts'

const ORIGIN = 'https://os.agno.com'

async function open(document: object = {}) {
  const upstream = await startAgentOs({ agents: ['echo'] }, (_request, response) => {
    response.writeHead(200, { 'access-control-allow-origin': 'https://upstream.example' })
    response.end('{}')
  })
  return gatewayOf({ a: upstream.url }, document)
}

const names = (list: string | string[] | undefined) =>
  String(list)
    .split(/, */)
    .map((name) => name.toLowerCase())
    .toSorted()

/** Sends a preflight request. @param asked header names without `access-control-request-` */
const preflight = (url: string, asked: Record<string, string>, origin = ORIGIN) => {
  const wanted = Object.entries({ method: 'GET', ...asked })
  const headers = wanted.map(([name, value]) => [`access-control-request-${name}`, value])
  return send(url, { method: 'OPTIONS', headers: { origin, ...Object.fromEntries(headers) } })
}

describe('preflight requests', () => {
  test('a preflight is answered without a token as AgentOS answers it', async () => {
    const keys = [{ alg: 'HS256', secret: 'secret-that-is-long-enough-for-hs256' }]
    const gateway = await open({ auth: { mode: 'jwt', keys } })
    const { status, headers } = await preflight(`${gateway.url}/agents/echo/runs`, {
      method: 'POST',
      headers: 'authorization,content-type',
    })
    expect(status).toBe(200)
    expect(headers).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-credentials': 'true',
      'access-control-max-age': '600',
    })
    expect(names(headers['access-control-allow-methods'])).toEqual(
      names('DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, QUERY'),
    )
    expect(names(headers['access-control-allow-headers'])).toEqual([
      'authorization',
      'content-type',
    ])
  })

  test.each([
    ['a listed page', ORIGIN, {}, 'true'],
    ['a stranger', 'https://evil.example', {}, undefined],
    ['any page, where all may call', ORIGIN, { cors: { origins: ['*'] } }, undefined],
  ])(
    'a private-network preflight from %s is answered: %s',
    async (_who, origin, document, leave) => {
      const { url } = await open(document)
      const { headers } = await preflight(`${url}/agents`, { 'private-network': 'true' }, origin)
      expect(headers['access-control-allow-private-network']).toBe(leave)
    },
  )

  test('a preflight for a refused path is answered', async () => {
    const { url } = await open()
    const { status, headers } = await preflight(`${url}/agents/%ff/runs`, {
      method: 'POST',
      headers: 'content-type',
    })
    expect(status).toBe(200)
    expect(headers).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': 'content-type',
    })
    expect(names(headers['access-control-allow-methods'])).toContain('post')
  })

  test('a preflight from an unlisted origin gets no permission', async () => {
    const { url } = await open()
    const { headers } = await preflight(`${url}/agents`, {}, 'https://evil.example')
    expect(headers).not.toHaveProperty('access-control-allow-origin')
  })
})

describe('responses to pages', () => {
  test.each(['/health', '/agents', '/agents/nobody', '/agents/echo/x', '/upstreams/nope/x'])(
    'a listed page may read the response of %s, even an error',
    async (path) => {
      const { url } = await open()
      const { headers } = await send(url + path, { headers: { origin: ORIGIN } })
      expect(headers['access-control-allow-origin']).toBe(ORIGIN)
      expect(headers['access-control-allow-credentials']).toBe('true')
      expect(names(headers['access-control-expose-headers'])).toContain('x-agentos-gateway-error')
      expect(names(headers.vary)).toContain('origin')
    },
  )

  test.each([
    ['a path that cannot be decoded', '/agents/%ff', '400'],
    ['a segment that is too long', `/agents/${'x'.repeat(2_000)}`, '400'],
    ['a head that is too large', `/agents?${'x'.repeat(20_000)}`, '431'],
  ])('a listed page may read the refusal of %s', async (_what, target, status) => {
    const { port } = await open()
    const head = `GET ${target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\norigin: `
    const answer = (await sendRaw(port, `${head}${ORIGIN}\r\n\r\n`)).toLowerCase()
    expect(answer.slice(9, 12)).toBe(status)
    expect(answer).toContain(`access-control-allow-origin: ${ORIGIN}\r\n`)
    expect(answer).toContain('access-control-allow-credentials: true\r\n')
    const stranger = await sendRaw(port, `${head}https://evil.example\r\n\r\n`)
    expect(stranger.toLowerCase()).not.toContain('access-control-')
  })

  test('any page may read a 431 sent before the origin was received', async () => {
    const { port } = await open()
    const connection = await rawConnection(port)
    connection.write(`GET /agents HTTP/1.1\r\nhost: a\r\nauthorization: ${'x'.repeat(20_000)}`)
    const answer = (await connection.whole()).toLowerCase()
    expect(answer).toMatch(/^http\/1.1 431 /)
    // Every page may read it without credentials, because it is equal for all callers.
    expect(answer).toContain('access-control-allow-origin: *\r\n')
    const nobody = `GET /agents?${'x'.repeat(20_000)} HTTP/1.1\r\nhost: a\r\n\r\n`
    expect((await sendRaw(port, nobody)).toLowerCase()).not.toContain('access-control-')
  })

  test('any page may read early refusals when origins is "*"', async () => {
    const { url } = await open({ cors: { origins: ['*'] } })
    const { headers } = await send(`${url}/agents/%ff`, { headers: { origin: ORIGIN } })
    expect(headers['access-control-allow-origin']).toBe('*')
    expect(headers).not.toHaveProperty('access-control-allow-credentials')
  })

  test('a listed page may read the answer to a body timeout', async () => {
    const { port } = await open({ body_timeout: 0.2 })
    const connection = await rawConnection(port)
    connection.write(`POST /agents/echo/runs HTTP/1.1\r\nhost: a\r\norigin: ${ORIGIN}\r\n`)
    connection.write('content-length: 100\r\n\r\nmess')
    const answer = await connection.until(/did not arrive in time/)
    expect(answer).toMatch(/^HTTP\/1.1 408 /)
    expect(answer).toContain(`access-control-allow-origin: ${ORIGIN}\r\n`)
  })

  test("the gateway's allowed origin replaces the one of the upstream", async () => {
    const { url } = await open()
    const answer = await run(`${url}/agents/echo/runs`, 'message=hi', { origin: ORIGIN })
    const origins = answer.message.rawHeaders.filter((name) =>
      /^access-control-allow-origin$/i.test(name),
    )
    expect(origins).toHaveLength(1)
    expect(answer.headers['access-control-allow-origin']).toBe(ORIGIN)
  })

  test('origins "*" allows every page without credentials', async () => {
    const { url } = await open({ cors: { origins: ['*'] } })
    const { headers } = await send(`${url}/health`, { headers: { origin: 'https://any.example' } })
    expect(headers['access-control-allow-origin']).toBe('*')
    expect(headers).not.toHaveProperty('access-control-allow-credentials')
  })
})
