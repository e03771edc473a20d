/** Tests that no secret of any kind appears in logs, answers, traces or printed output. */
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { apiKey } from '../support/api-keys.ts'
import { temporaryDirectory } from '../support/certificates.ts'
import { command, configFile } from '../support/cli.ts'
import { run, send, sendRaw } from '../support/client.ts'
import { configOf } from '../support/gateway.ts'
import { connectedSocket } from '../support/socket-client.ts'
import { bearer, tokenFor } from '../support/tokens.ts'
import { tracedGateway } from './tracing/support.ts'

const RUNS = '/agents/echo/runs'
const LOG = { level: 'trace' }

const KEY = apiKey('ci-nightly', { scopes: ['agents:run', 'agents:read'] })

const SECRETS = {
  verifyKey: 'verify-key-SECRET-0123456789-0123456789',
  configToken: 'config-token-SECRET',
  bearer: 'bearer-credential-SECRET',
  mintKey: 'mint-key-SECRET-0123456789-0123456789',
  header: 'upstream-header-SECRET',
  store: 'store-password-SECRET',
  cookie: 'cookie-SECRET',
  query: 'query-token-SECRET',
  apiKey: 'x-api-key-SECRET',
  pat: 'agno_pat_SECRET',
  message: 'message-SECRET',
  wrongToken: 'wrong-token-SECRET',
  socketToken: 'socket-token-SECRET',
  fragment: 'header-SECRET',
}

/** Returns a configuration with a secret in every place that can hold one. */
function documentFor(a: string, b: string, c: string) {
  return {
    upstreams: [
      { name: 'a', url: a, config_token: SECRETS.configToken, service_accounts: true },
      { name: 'b', url: b, credentials: { bearer: SECRETS.bearer } },
      {
        name: 'c',
        url: c,
        headers: { 'x-key': SECRETS.header },
        credentials: { mint: { alg: 'HS256', secret: SECRETS.mintKey, audience: 'c' } },
      },
    ],
    agents: [{ upstream: 'b', agent_id: 'billing' }],
    auth: {
      mode: 'jwt',
      keys: [{ alg: 'HS256', secret: SECRETS.verifyKey }],
      api_keys: [KEY.entry],
    },
    store: `redis://user:${SECRETS.store}@127.0.0.1:1`,
    log: LOG,
  }
}

test('no secret appears in logs, answers, the status or traces', async () => {
  const breaking = await startAgentOs({ agents: ['broken'] }, (_request, response) => {
    response.destroy()
  })
  const echo = await startAgentOs({ agents: ['echo'] }, ({ url }, response) => {
    if (url.includes('fail')) response.writeHead(500)
    response.end(JSON.stringify({ detail: 'of the upstream' }))
  })
  const billing = await startAgentOs({ agents: ['billing'] }, (_request, response) => {
    response.end('{}')
  })
  const document = documentFor(echo.url, billing.url, breaking.url)
  let next: object = document
  const { gateway, collector, tracingLog } = await tracedGateway(
    document,
    ['a', 'b', 'c'],
    { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=otlp-SECRET' },
    () => configOf(next),
  )
  const token = tokenFor({ sub: 'ada', scopes: ['agent_os:admin'] }, SECRETS.verifyKey)
  const headers = {
    ...bearer(token),
    cookie: `access_token=${SECRETS.cookie}`,
    'x-api-key': SECRETS.apiKey,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  }
  const said: string[] = []
  const note = async (answering: ReturnType<typeof send>) => {
    const answer = await answering
    said.push(JSON.stringify(answer.headers), await answer.whole())
  }
  const query = `?token=${SECRETS.query}&access_token=${SECRETS.query}`
  for (const agent of ['echo', 'billing', 'broken', 'nobody']) {
    await note(
      run(`${gateway.url}/agents/${agent}/runs${query}`, `message=${SECRETS.message}`, headers),
    )
  }
  await note(run(`${gateway.url}${RUNS}?fail=${SECRETS.query}`, '', headers))
  for (const path of [
    '/agents',
    '/config',
    '/info',
    '/models',
    '/openapi.json',
    '/health',
    '/sessions',
    '/nowhere',
    '/agents/%zz',
    '/upstreams/c/anything',
    '/gateway/status',
    '/gateway/metrics',
  ]) {
    await note(send(gateway.url + path + query, { headers }))
  }
  await note(run(`${gateway.url}${RUNS}${query}`, `message=${SECRETS.message}`, KEY.headers))
  await note(send(`${gateway.url}/agents?api_key=${KEY.key}`, { headers: KEY.headers }))
  await note(send(`${gateway.url}/gateway/access`, { headers: KEY.headers }))
  for (const wrong of [
    apiKey('wrong').key,
    SECRETS.wrongToken,
    SECRETS.pat,
    tokenFor({}, `${SECRETS.wrongToken}-long-enough-for-hs256`),
    tokenFor({ exp: 1, secret: SECRETS.wrongToken }, SECRETS.verifyKey),
  ]) {
    await note(send(`${gateway.url}/agents${query}`, { headers: bearer(wrong) }))
    await note(send(`${gateway.url}/gateway/status`, { headers: bearer(wrong) }))
  }
  said.push(
    await sendRaw(gateway.port, `GET /x HTTP/1.1\r\nhost x${SECRETS.fragment}\r\n\r\n`),
    await sendRaw(gateway.port, `GET /x HTTP/1.1\r\nx: ${SECRETS.fragment.repeat(2_000)}\r\n\r\n`),
  )
  const socket = await connectedSocket(gateway.url)
  socket.say({ action: 'authenticate', token: SECRETS.socketToken })
  said.push(await socket.nextText())
  socket.socket.close()
  // One reload that succeeds and one that is refused.
  next = { ...document, log: { level: 'debug' } }
  await note(send(`${gateway.url}/gateway/reload`, { method: 'POST', headers }))
  next = { ...document, store: SECRETS.store }
  await note(send(`${gateway.url}/gateway/reload`, { method: 'POST', headers }))
  await note(send(`${gateway.url}/gateway/status`, { headers }))
  await gateway.log.until(({ msg }) => String(msg).startsWith('configuration refused'))
  await collector.until(({ name }) => name === 'GET /gateway/status', 5)

  const places = {
    log: gateway.log.text,
    answers: said.join('\n'),
    traces: collector.text,
    tracing: tracingLog.text,
  }
  expect(places.log).toContain('shared store unavailable')
  expect(places.traces).toContain('POST /agents/{id}/runs')
  for (const [place, text] of Object.entries(places)) {
    for (const [kind, secret] of Object.entries({
      ...SECRETS,
      token,
      otlp: 'otlp-SECRET',
      key: KEY.key,
      digest: KEY.entry.sha256,
    })) {
      expect(text.includes(secret), `${kind} in ${place}`).toBe(false)
    }
    // Catches any secret that the list above omits.
    expect(text, place).not.toContain('SECRET')
  }
  // Proves that the secrets were used, so the checks above mean something.
  expect(echo.requests.some(({ headers: sent }) => sent.authorization === `Bearer ${token}`)).toBe(
    true,
  )
  expect(
    billing.requests.some(({ headers: sent }) => sent.authorization?.includes(SECRETS.bearer)),
  ).toBe(true)
  expect(breaking.requests.some(({ headers: sent }) => sent['x-key'] === SECRETS.header)).toBe(true)
})

test('no secret appears in the output of the commands', async () => {
  const directory = temporaryDirectory()
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  writeFileSync(join(directory, 'key.pem'), pem)
  const dead = 'http://127.0.0.1:1'
  const good = configFile(documentFor(dead, dead, dead))
  const bad = configFile({
    ...documentFor(dead, dead, dead),
    store: SECRETS.store,
    auth: { mode: 'jwt', keys: [{ alg: 'HS256', secrt: SECRETS.verifyKey }], cookie_name: 1 },
    upstreams: [
      { name: 'a', url: `http://user:${SECRETS.header}@a` },
      { name: 'b', url: dead, config_token: `${SECRETS.configToken} with a blank` },
      { name: 'c', url: dead, headers: { connection: SECRETS.header } },
      { name: 'd', url: dead, credentials: { baerer: SECRETS.bearer } },
      {
        name: 'e',
        url: dead,
        credentials: {
          mint: {
            alg: 'EdDSA',
            private_key_file: 'nowhere',
            audience: 'x',
            secret: SECRETS.mintKey,
          },
        },
      },
    ],
  })
  const results = await Promise.all([
    command(['check', '-c', good]),
    command(['check', '-c', good, '--json']),
    command(['check', '-c', bad]),
    command(['start', '-c', bad]),
    command(['token', '-c', good]),
    command(['token', '--key-file', join(directory, 'key.pem'), '--alg', 'RS256']),
  ])
  expect(results.map(({ code }) => code)).toEqual([1, 1, 78, 78, 0, 1])
  const printed = results.map(({ stdout, stderr }) => stdout + stderr).join('\n')
  expect(printed).not.toContain('SECRET')
  expect(printed).not.toContain(pem.split('\n')[1])
})
