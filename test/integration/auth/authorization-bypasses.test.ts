import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { send, sendRaw } from '../../support/client.ts'
import { startGateway } from '../../support/gateway.ts'
import { JWT_AUTH, tokenFor } from '../../support/tokens.ts'

const SCOPES = ['agents:eu-mine:run', 'agents:eu-mine:read', 'sessions:read']

/** Starts two upstreams, `eu` with a prefix, that record the requests of the test. */
async function open(auth: object = { ...JWT_AUTH, authorization: true }) {
  const ids = { agents: ['mine', 'other'], teams: ['duo'], workflows: ['flow'] }
  const upstreams = await Promise.all(
    ['eu', 'us'].map(() =>
      startAgentOs(ids, (_request, response, message) => {
        message.resume().on('end', () => response.end('{}'))
      }),
    ),
  )
  const [eu, us] = upstreams.map(({ url }) => url)
  const gateway = await startGateway(
    {
      upstreams: [
        { name: 'eu', url: eu, prefix: 'eu-', credentials: { bearer: 'eu-secret' } },
        { name: 'us', url: us },
      ],
      auth,
    },
    { ready: ['eu', 'us'] },
  )
  const reached = () =>
    upstreams.flatMap(({ requests }) =>
      requests
        .filter(({ headers }) => headers['x-request-id'] === 'asked')
        .map(({ method, url }) => `${method} ${url}`),
    )
  const headers = () => upstreams.flatMap(({ requests }) => requests.map((each) => each.headers))
  return { gateway, reached, headers }
}

/** Sends a request line verbatim, with a token unless it is empty. */
async function ask(port: number, line: string, more = '', token = tokenFor({ scopes: SCOPES })) {
  const authorization = token === '' ? '' : `authorization: Bearer ${token}\r\n`
  const head = `${line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-request-id: asked\r\n`
  const text = await sendRaw(port, `${head}${authorization}${more}content-length: 0\r\n\r\n`)
  return Number(/^HTTP\/1.1 (\d{3})/.exec(text)?.[1])
}

describe('a caller who may run one agent', () => {
  test.each([
    'POST /agents/eu-mine/runs',
    'POST /agents/%65u-mine/runs',
    'POST /agents/eu-mine/runs/',
    'POST /upstreams/eu/agents/mine/runs',
    'POST /agents/mine/runs?upstream=eu',
    'HEAD /agents/eu-mine/runs/r1?session_id=s',
  ])('a caller with scopes for one agent may send: %s', async (line) => {
    const { gateway, reached } = await open()
    expect(await ask(gateway.port, line)).toBe(200)
    expect(reached()).toHaveLength(1)
  })

  test.each([
    'POST /agents/eu-other/runs',
    'POST /agents/mine/runs',
    'POST /agents/EU-MINE/runs',
    'POST /Agents/eu-mine/runs',
    'POST //agents/eu-other/runs',
    'POST /agents//eu-other/runs',
    'POST /agents/eu-mine/../eu-other/runs',
    'POST /agents/eu-mine/%2e%2e/eu-other/runs',
    'POST /agents/eu-mine/./runs',
    'POST /agents/eu-mine%2f..%2feu-other/runs',
    'POST /agents/eu-mine%252f..%252feu-other/runs',
    'POST /agents/eu-mine;/../eu-other/runs',
    'POST /agents/eu-mine;x/runs',
    'POST /agents/eu-mine%3bx/runs',
    'POST /agents/eu-mine%00/runs',
    'POST /agents/eu-mine%20/runs',
    'POST /agents/eu-min%EF%BD%85/runs',
    'POST /agents/%C0%AE%C0%AE/eu-other/runs',
    'POST /agents/eu-mine\\..\\eu-other/runs',
    'POST /agents/*/runs',
    'POST /agents/eu-*/runs',
    'POST /agents/eu-mine/runs?upstream=us',
    'POST /agents/mine/runs?upstream=us',
    'POST /agents/other/runs?upstream=eu&upstream=us',
    'POST /upstreams/us/agents/mine/runs',
    'POST /upstreams/us/agents/mine/runs?upstream=us',
    'POST /upstreams/eu/agents/mine/runs?upstream=us',
    'POST /upstreams/eu/agents/other/runs',
    'POST /upstreams/eu/agents/eu-mine/runs',
    'POST /upstreams/eu/../us/agents/mine/runs',
    'POST http://x/agents/eu-other/runs',
    'GET /agents/eu-other/runs/r1',
    'HEAD /agents/eu-other/runs/r1',
    'PUT /agents/eu-mine',
    'DELETE /agents/eu-mine',
    'PATCH /agents/eu-mine',
    'POST /agents/eu-mine/publish',
    'POST /teams/duo/runs',
    'POST /workflows/flow/runs',
    'DELETE /sessions/s1?upstream=us',
    'POST /sessions?upstream=us',
    'GET /memories?upstream=us',
    'GET /no/such/route?upstream=us',
    'POST /gateway/reload',
    'GET /gateway/status',
    'GET /%67ateway/status',
    'GET /upstreams/us/config',
    'GET /upstreams/us/agents',
    'GET /agents?upstream=us',
    'OPTIONS /agents/eu-other/runs',
    'OPTIONS /no/such/route?upstream=eu',
    'OPTIONS /upstreams/eu/agents/other/runs',
    'TRACE /agents/eu-other/runs',
    'QUERY /agents/eu-other/runs',
    'PROPFIND /agents/eu-other',
  ])('a caller with scopes for one agent may not send: %s', async (line) => {
    const { gateway, reached } = await open()
    expect(await ask(gateway.port, line)).toBeGreaterThanOrEqual(400)
    expect(reached()).toEqual([])
  })

  test.each([
    'x-http-method-override',
    'x-http-method',
    'x-method-override',
    'x-original-url',
    'x-rewrite-url',
  ])('the header %s does not change the authorized request', async (name) => {
    const { gateway, reached, headers } = await open()
    expect(await ask(gateway.port, 'GET /sessions?upstream=us', `${name}: DELETE\r\n`)).toBe(200)
    expect(reached()).toEqual(['GET /sessions'])
    expect(headers().filter((each) => name in each)).toEqual([])
  })

  test.each(['eu, us', 'us\r\nx-agentos-upstream: eu', ' us', 'US', 'us#', '../us'])(
    'the x-agentos-upstream value %j does not bypass authorization',
    async (value) => {
      const { gateway, reached } = await open()
      const header = `x-agentos-upstream: ${value}\r\n`
      expect(await ask(gateway.port, 'POST /agents/mine/runs', header)).toBeGreaterThanOrEqual(403)
      expect(reached()).toEqual([])
    },
  )
})

describe('a caller without a token', () => {
  test.each([
    'OPTIONS /agents/eu-mine/runs',
    'OPTIONS /upstreams/eu/anything',
    'OPTIONS /no/such/route?upstream=eu',
    'OPTIONS /sessions',
    'HEAD /agents',
    'HEAD /sessions',
    'GET /health?upstream=eu',
    'GET /info?upstream=eu',
    'GET /docs/x?upstream=eu',
    'GET /upstreams/eu/health',
    'GET /upstreams/eu/workflows/ws',
  ])('a caller without a token reaches no upstream with: %s', async (line) => {
    for (const auth of [JWT_AUTH, { ...JWT_AUTH, authorization: true }]) {
      const { gateway, reached } = await open(auth)
      expect(await ask(gateway.port, line, '', '')).toBeGreaterThanOrEqual(400)
      expect(reached()).toEqual([])
    }
  })

  test('OPTIONS * is answered by the gateway and reaches no upstream', async () => {
    const { gateway, reached } = await open(JWT_AUTH)
    expect(await ask(gateway.port, 'OPTIONS *', '', '')).toBe(204)
    expect(reached()).toEqual([])
  })

  test('a preflight without a token is answered', async () => {
    const { gateway } = await open()
    const answer = await send(`${gateway.url}/agents/eu-mine/runs`, {
      method: 'OPTIONS',
      headers: { origin: 'https://os.agno.com', 'access-control-request-method': 'POST' },
    })
    expect(answer.status).toBe(200)
    expect(answer.headers['access-control-allow-origin']).toBe('https://os.agno.com')
  })
})
