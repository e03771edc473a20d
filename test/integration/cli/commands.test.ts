import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import manifest from '../../../package.json' with { type: 'json' }
import { startAgentOs } from '../../support/agentos.ts'
import { command, configFile } from '../../support/cli.ts'
import { send } from '../../support/client.ts'
import { freePort } from '../../support/free-port.ts'
import { startProcess } from '../../support/process.ts'

test('exit codes distinguish wrong arguments, wrong configuration and failure', async () => {
  const wrong = configFile({ upstreams: [{ name: 'a', ulr: 'http://127.0.0.1:9' }] })
  const failing = configFile({ upstreams: [{ name: 'a', url: 'http://127.0.0.1:9' }] })
  const [unknown, badConfig, badJson, failed, help, version] = await Promise.all([
    command(['chekc']),
    command(['check', '--config', wrong]),
    command(['check', '--config', wrong, '--json']),
    command(['check', '--config', failing, '--json']),
    command(['check', '--help']),
    command(['--version']),
  ])
  expect(unknown).toMatchObject({ code: 64, stdout: '' })
  expect(unknown.stderr).toContain("did you mean 'check'?")
  expect(badConfig).toMatchObject({ code: 78, stdout: '' })
  expect(badConfig.stderr).toContain('did you mean "url"?')
  expect(badJson).toMatchObject({ code: 78, stderr: badConfig.stderr })
  expect(JSON.parse(badJson.stdout)).toMatchObject({
    ok: false,
    problems: [badConfig.stderr.trim()],
    issues: [{ path: 'upstreams[0].ulr' }],
  })
  expect(failed.code).toBe(1)
  expect(failed.stdout).toContain('AGW_UPSTREAM_UNREACHABLE (ECONNREFUSED)')
  expect(JSON.parse(failed.stdout)).toMatchObject({ ok: false, upstreams: [{ name: 'a' }] })
  expect(help).toMatchObject({ code: 0, stderr: '' })
  expect(version).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' })
})

test("`check` reports a failed fetch of the issuer's key set", async () => {
  const upstream = await startAgentOs()
  const port = await freePort()
  const auth = { mode: 'jwt', jwks_url: `http://127.0.0.1:${port}/jwks` }
  const file = configFile({ auth, upstreams: [{ name: 'a', url: upstream.url }] })
  const { code, stdout } = await command(['check', '--config', file])
  expect(code).toBe(1)
  expect(stdout).toContain('auth.jwks_url: fetch failed (ECONNREFUSED)')
})

test('`check` and `start` warn of a weak secret and of no authentication', async () => {
  const upstreams = [{ name: 'a', url: (await startAgentOs()).url }]
  const auth = { mode: 'jwt', keys: [{ alg: 'HS256', secret: 'secret' }] }
  const weak = configFile({ upstreams, auth })
  const open = configFile({ upstreams, listen: { host: '0.0.0.0' } })
  const [text, json] = await Promise.all([
    command(['check', '--config', open]),
    command(['check', '--json', '--config', weak]),
  ])
  expect([text.code, json.code]).toEqual([0, 0])
  expect(text.stdout).toMatch(/warning: AUTHENTICATION IS OFF/)
  const { warnings } = JSON.parse(json.stdout) as { warnings: string[] }
  expect(warnings).toEqual([expect.stringMatching(/^auth\.keys\[0\]: HS256 .*RFC 7518/)])
  const gateway = await startProcess({ upstreams, auth })
  await gateway.until(({ level, msg }) => level === 40 && /RFC 7518/.test(String(msg)))
})

test('`schema` prints the published schema file', async () => {
  const { code, stdout } = await command(['schema'])
  expect(code).toBe(0)
  expect(stdout).toBe(readFileSync('config/gateway.schema.json', 'utf8'))
})

test('the configuration may come from an environment variable', async () => {
  const upstream = await startAgentOs()
  const inEnvironment = (text: string) => ({
    env: { AGENTOS_GATEWAY_CONFIG: text, AGENTOS: upstream.url },
  })
  const right = `upstreams:\n  - { name: a, url: "\${AGENTOS}" }\n`
  const [checked, wrong] = await Promise.all([
    command(['check', '--json'], inEnvironment(right)),
    command([], inEnvironment('upstreams:\n  - nam: a\n')),
  ])
  expect(JSON.parse(checked.stdout)).toMatchObject({ ok: true, upstreams: [{ name: 'a' }] })
  expect(wrong.code).toBe(78)
  expect(wrong.stderr).toContain('AGENTOS_GATEWAY_CONFIG:2:5')
  const gateway = await startProcess(undefined, inEnvironment(right))
  await gateway.until(({ state }) => state === 'ready')
  expect(await (await send(`${gateway.url}/agents/echo`)).json()).toMatchObject({ id: 'echo' })
})

test('environment variables set the listen address unless arguments do', async () => {
  const port = await freePort()
  const env = { AGENTOS_GATEWAY_HOST: 'localhost', AGENTOS_GATEWAY_PORT: `${port}` }
  const upstreams = [{ name: 'a', url: 'http://127.0.0.1:9' }]
  const file = configFile({ listen: { host: '127.0.0.9' }, upstreams })
  const wrong = await command(['--config', file], { env: { AGENTOS_GATEWAY_PORT: 'http' } })
  expect(wrong).toMatchObject({ code: 64, stdout: '' })
  expect(wrong.stderr).toContain("AGENTOS_GATEWAY_PORT needs a port from 0 to 65535, not 'http'")
  const checked = await command(['check', '--config', file, '--json'], { env })
  expect(JSON.parse(checked.stdout)).toMatchObject({ upstreams: [{ name: 'a' }] })
  // `startProcess` passes `--port 0`.
  const gateway = await startProcess({ upstreams }, { env })
  expect(new URL(gateway.url).port).not.toBe(`${port}`)
})

test('a reader that closes the pipe early is no failure', async () => {
  const server = fileURLToPath(new URL('../../../server.ts', import.meta.url))
  const child = spawn(process.execPath, [server, 'schema'], { stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.destroy()
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
  expect([code, stderr]).toEqual([0, ''])
})
