import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { startAgentOs } from '../../support/agentos.ts'
import { command } from '../../support/cli.ts'
import { send } from '../../support/client.ts'
import { startGateway } from '../../support/gateway.ts'
import { bearer } from '../../support/tokens.ts'

test('key create prints a key that its lines of the configuration accept', async () => {
  const scopes = ['--scope', 'agents:read,agents:run']
  const options = ['--name', 'ci', '--sub', 'robot', '--expires', '2999-01-31', ...scopes]
  const { code, stdout, stderr } = await command(['key', 'create', ...options])
  const key = stdout.trim()
  expect([code, key]).toEqual([0, expect.stringMatching(/^agw_\w{49}$/)])
  expect(stderr).not.toContain(key)
  const { auth } = parse(stderr.slice(stderr.indexOf('auth:'))) as {
    auth: { api_keys: object[] }
  }
  expect(auth.api_keys).toEqual([
    {
      name: 'ci',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      scopes: ['agents:read', 'agents:run'],
      user: 'robot',
      expires_at: '2999-01-31',
    },
  ])
  const upstream = await startAgentOs()
  const upstreams = [{ name: 'a', url: upstream.url }]
  const gateway = await startGateway(
    { upstreams, auth: { mode: 'api_key', ...auth } },
    { ready: ['a'] },
  )
  expect((await send(`${gateway.url}/agents`, { headers: bearer(key) })).status).toBe(200)
  expect((await send(`${gateway.url}/teams`, { headers: bearer(key) })).status).toBe(403)
})

test('key create names scopes that grant nothing, and finds components by default', async () => {
  const wrong = await command(['key', 'create', '--name', 'ci', '--scope', 'agent:run'])
  expect(wrong.stderr).toContain('the scope agent:run grants nothing; did you mean agents:run?')
  const { stderr } = await command(['key', 'create', '--name', 'ci'])
  expect(stderr).toContain('"agents:read", "agents:run"')
  expect(stderr).not.toContain('user')
})

test('key create says that a date has passed', async () => {
  const { code, stderr } = await command([
    'key',
    'create',
    '--name',
    'ci',
    '--expires',
    '2020-01-01',
  ])
  expect(code).toBe(0)
  expect(stderr).toContain('note: 2020-01-01 has passed: every request with the key is refused')
})

test.each([
  [['key'], 'write: key create --name NAME'],
  [['key', 'make', '--name', 'x'], 'write: key create --name NAME'],
  [['key', 'create', 'x', '--name', 'x'], 'write: key create --name NAME'],
  [['key', 'create'], 'key create needs --name'],
  [['key', 'create', '--name', 'a b'], 'name: expected a name'],
  [['key', 'create', '--name', 'a', '--sub', 'sa:x'], 'user: is a user id that AgentOS issues'],
  [['key', 'create', '--name', 'a', '--expires', 'soon'], 'expires_at: expected a date'],
])('the command line %j is refused', async (line, words) => {
  const { code, stdout, stderr } = await command(line)
  expect([code, stdout]).toEqual([64, ''])
  expect(stderr).toContain(words)
})
