import { describe, expect, test } from 'vitest'
import type { Finding } from '../../../cli/doctor/finding.ts'
import { startAgentOs } from '../../support/agentos.ts'
import { startBadProxy } from '../../support/bad-proxy.ts'
import { certificateFor } from '../../support/certificates.ts'
import type { CommandOptions } from '../../support/cli.ts'
import { command } from '../../support/cli.ts'
import { eventText } from '../../support/fake-upstream.ts'
import { startGateway } from '../../support/gateway.ts'
import { JWT_AUTH, seconds, tokenFor } from '../../support/tokens.ts'

/** Runs the command and groups its findings by check. */
async function doctor(args: readonly string[], options: CommandOptions = {}) {
  const { code, stdout } = await command(['doctor', ...args, '--json'], options)
  const { checks } = JSON.parse(stdout) as { checks: Finding[] }
  const verdicts = Object.fromEntries(checks.map(({ check, verdict }) => [check, verdict]))
  const saying = (check: string) =>
    checks
      .filter((finding) => finding.check === check)
      .map(({ message, advice }) => `${message} ${advice ?? ''}`)
      .join('\n')
  return { code, verdicts, saying, stdout }
}

async function open(document: object = {}) {
  const upstream = await startAgentOs({ agents: ['echo'] }, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(eventText({ event: 'RunStarted', run_id: 'r-1' }))
    response.end(eventText({ event: 'RunCompleted', run_id: 'r-1' }))
  })
  const upstreams = [{ name: 'a', url: upstream.url }]
  return startGateway({ upstreams, ...document }, { ready: ['a'] })
}

const ADMIN = () => tokenFor({ scopes: ['agent_os:admin'] })

// Each test reads slow streams, and several processes start at once.
describe('doctor', { timeout: 90_000 }, () => {
  test('doctor finds no fault in a gateway without a proxy', async () => {
    const gateway = await open()
    const [json, text] = await Promise.all([
      doctor([gateway.url, '--agent', 'echo', '--idle', '1s']),
      command(['doctor', `${gateway.url}/`]),
    ])
    expect(json.code).toBe(0)
    expect(json.verdicts).toEqual({
      reachable: 'ok',
      http: 'ok',
      gateway: 'ok',
      clock: 'ok',
      token: 'ok',
      'request id': 'ok',
      cors: 'ok',
      upload: 'ok',
      websocket: 'ok',
      buffering: 'ok',
      heartbeats: 'ok',
      compression: 'ok',
      upstream: 'ok',
      idle: 'ok',
      agent: 'ok',
    })
    expect(text).toMatchObject({ code: 0, stderr: '' })
    expect(text.stdout).toMatch(/^ok {4}reachable .*\n\nNo problems found\.\n$/s)
  })

  test('doctor detects the damage that proxies do to streams and headers', async () => {
    const gateway = await open()
    const [buffering, compressing, meddling, impatient] = await Promise.all([
      startBadProxy(gateway.url, { buffers: true }),
      startBadProxy(gateway.url, { compresses: true }),
      startBadProxy(gateway.url, {
        dropsComments: true,
        dropsRequestIds: true,
        addsOrigin: true,
        mostBytes: 1_000_000,
        upgrades: false,
        aheadS: 60,
      }),
      startBadProxy(gateway.url, { endsAfterMs: 4_000 }),
    ])
    const found = await Promise.all(
      [[buffering], [compressing], [meddling], [impatient, '--idle', '6s']].map((args) =>
        doctor(args),
      ),
    )
    expect(found.map(({ code }) => code)).toEqual([1, 1, 1, 1])
    expect(found[0]?.verdicts).toMatchObject({ buffering: 'fail', upload: 'ok', websocket: 'ok' })
    expect(found[0]?.saying('buffering')).toContain('proxy_buffering off')
    expect(found[1]?.verdicts).toMatchObject({ compression: 'fail', buffering: 'ok' })
    expect(found[2]?.verdicts).toMatchObject({
      buffering: 'ok',
      heartbeats: 'fail',
      'request id': 'warn',
      cors: 'fail',
      upload: 'warn',
      websocket: 'warn',
      clock: 'fail',
    })
    expect(found[2]?.saying('clock')).toContain('60 s ahead')
    expect(found[3]?.verdicts).toMatchObject({ idle: 'fail', buffering: 'ok' })
  })

  test('doctor checks the token with its expiry and audience', async () => {
    const gateway = await open({
      auth: { ...JWT_AUTH, verify_audience: true, audience: ['the-gateway'] },
      id: 'the-gateway',
    })
    const good = tokenFor({ scopes: ['agent_os:admin'], aud: 'the-gateway' })
    const found = await Promise.all([
      doctor([gateway.url], { env: { AGENTOS_GATEWAY_TOKEN: good } }),
      doctor([gateway.url, '--token', tokenFor({ aud: 'another' })]),
      doctor([gateway.url, '--token', tokenFor({ aud: 'the-gateway', exp: seconds(-600) })]),
      doctor([gateway.url, '--token', 'opaque']),
      doctor([gateway.url]),
    ])
    const all = found.map(({ code, verdicts: { token, audience, expiry, buffering } }) => [
      code,
      token,
      audience,
      expiry,
      buffering,
    ])
    expect(all).toEqual([
      [0, 'ok', 'ok', 'ok', 'ok'],
      [1, 'fail', 'fail', 'ok', 'warn'],
      [1, 'fail', 'ok', 'fail', 'warn'],
      [1, 'fail', undefined, undefined, 'warn'],
      [0, 'warn', undefined, undefined, 'warn'],
    ])
    expect(found[0]?.verdicts).toMatchObject({ upload: 'ok' })
    // The request is refused by its head, so nothing is known about large bodies.
    expect(found[4]?.saying('upload')).toContain('not checked: a run is answered 401')
    expect(found[1]?.saying('audience')).toContain("'the-gateway' into aud")
    for (const { stdout } of found) expect(stdout).not.toContain(good)
  })

  test('doctor shows an admin the faults of upstreams', async () => {
    const gateway = await open({ auth: JWT_AUTH })
    const broken = await startGateway({
      upstreams: [{ name: 'gone', url: 'http://127.0.0.1:9' }],
      auth: JWT_AUTH,
    })
    await broken.upstreamIs('gone', 'failing')
    const [fine, failing] = await Promise.all([
      doctor([gateway.url, '--token', ADMIN(), '--origin', 'https://evil.example.com']),
      doctor([broken.url, '--token', ADMIN(), '--agent', 'nobody']),
    ])
    expect(fine.verdicts).toMatchObject({ upstream: 'ok', cors: 'fail' })
    expect(failing.verdicts).toMatchObject({ upstream: 'fail', agent: 'fail' })
    expect(failing.saying('upstream')).toContain('gone')
  })

  test('doctor does not send the token over an untrusted certificate', async () => {
    const { certFile, keyFile } = certificateFor('gateway.example.com')
    const gateway = await open({
      listen: { tls: { cert_file: certFile, key_file: keyFile } },
      auth: JWT_AUTH,
    })
    const url = gateway.url.replace('http:', 'https:')
    const [strange, trusted] = await Promise.all([
      doctor([url, '--token', ADMIN()]),
      doctor([url, '--token', ADMIN()], { env: { NODE_EXTRA_CA_CERTS: certFile } }),
    ])
    expect(strange.code).toBe(1)
    expect(strange.verdicts).toMatchObject({
      certificate: 'warn',
      buffering: 'warn',
      token: 'warn',
    })
    expect(strange.saying('certificate')).toContain('is not trusted')
    // The certificate is valid for two days.
    expect(trusted.verdicts).toMatchObject({ certificate: 'warn', token: 'ok', buffering: 'ok' })
    expect(trusted.code).toBe(0)
  })

  test('doctor reports a dead address and a server that is no gateway', async () => {
    const other = await startAgentOs({ agents: [] }, (_request, response) => {
      response.end('{}')
    })
    const [nothing, another] = await Promise.all([
      doctor(['http://127.0.0.1:9']),
      doctor([other.url]),
    ])
    expect([nothing.code, nothing.verdicts]).toEqual([1, { reachable: 'fail' }])
    expect(another.verdicts).toMatchObject({ reachable: 'ok', gateway: 'fail' })
  })

  test.each([
    [[], 'doctor needs the URL of a gateway'],
    [['gateway'], "'gateway' is not an http:// or https:// address"],
    [['http://a', 'b'], "unexpected argument 'b'"],
    [['http://a', '--idle', 'long'], '--idle needs a duration from 1s to 5m'],
  ])('doctor refuses the arguments %j', async (args, words) => {
    const { code, stderr } = await command(['doctor', ...args])
    expect([code, stderr]).toEqual([64, expect.stringContaining(words)])
  })
})
