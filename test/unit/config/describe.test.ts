import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { ConfigValue } from '../../../config/describe.ts'
import { describeConfig } from '../../../config/describe.ts'
import { changesBetween } from '../../../config/difference.ts'
import { reportConfig } from '../../../config/report.ts'

function valueAt(values: readonly ConfigValue[], path: string): ConfigValue | undefined {
  return values.find((value) => value.path === path)
}

const SECRET = 's3cret-value-of-a-test'

/** A text with a secret in every place that takes one. */
const SECRETS = `
store: redis://user:${SECRET}@valkey:6379
auth:
  mode: jwt
  security_key: ${SECRET}
  jwks_url: https://issuer.example/keys?token=${SECRET}
  keys:
    - { alg: HS256, secret: ${SECRET} }
    - { alg: RS256, public_key: ${SECRET} }
  api_keys:
    - { name: ci, sha256: [${SECRET}], scopes: [], claims: { tenant: ${SECRET} } }
upstreams:
  - name: a
    url: \${A_SECRET_URL}
    config_token: ${SECRET}
    credentials: { bearer: ${SECRET} }
    headers: { x-api-key: ${SECRET} }
  - name: b
    url: http://b
    credentials: { mint: { alg: HS256, secret: ${SECRET}, audience: b } }
unknown_key_of_later: ${SECRET}
`

describe('describeConfig', () => {
  test('an API key is shown with name, user, scopes and expiry, and without digest', () => {
    const text = `auth: { api_keys: [{ name: ci, sha256: ${'a'.repeat(64)}, scopes: [agents:run], user: ann, expires_at: 2027-01-31 }] }`
    const values = describeConfig(text, {})
    const at = (key: string) => valueAt(values, `auth.api_keys[0].${key}`)
    expect(['name', 'user', 'scopes', 'expires_at'].map((key) => at(key)?.value)).toEqual([
      'ci',
      'ann',
      'agents:run',
      '2027-01-31',
    ])
    expect(at('sha256')).toMatchObject({ value: null, secret: true })
    expect(JSON.stringify(values)).not.toContain('aaaa')
  })

  test('a value names its line, its variables or its default', () => {
    const text =
      'id: gw\nlisten:\n  port: ${PORT:-8081}\nupstreams:\n  - { name: a, url: "http://a" }\n'
    const values = describeConfig(text, { PORT: '9000' })
    expect(valueAt(values, 'id')).toMatchObject({ value: 'gw', source: 'file', line: 1 })
    expect(valueAt(values, 'listen.port')).toMatchObject({
      value: '9000',
      source: 'variable',
      line: 3,
      variables: ['PORT'],
    })
    expect(valueAt(values, 'listen.host')).toMatchObject({ value: '127.0.0.1', source: 'default' })
    expect(valueAt(values, 'upstreams[0].url')).toMatchObject({ value: 'http://a', line: 5 })
  })

  test('composed entries show their own keys, and steps inside of steps', () => {
    const text = `
teams:
  - { team_id: remote, upstream: a }
  - id: own
    mode: route
    members: [{ agent: writer }]
workflows:
  - id: flow
    steps:
      - name: both
        parallel: [{ name: one, agent: writer }, { name: two, agent: critic }]
`
    const values = describeConfig(text, {})
    expect(valueAt(values, 'teams[0].team_id')).toMatchObject({ value: 'remote', line: 3 })
    expect(valueAt(values, 'teams[1].mode')).toMatchObject({ value: 'route', line: 5 })
    expect(valueAt(values, 'teams[1].members[0].agent')).toMatchObject({ value: 'writer' })
    expect(valueAt(values, 'workflows[0].steps[0].parallel[1].agent')).toMatchObject({
      value: 'critic',
      line: 11,
    })
    expect(valueAt(values, 'teams[1].team_id')).toBeUndefined()
  })

  test('a header that is called like a harmless key stays secret', () => {
    const text = `upstreams: [{ name: a, url: "http://a", headers: { id: ${SECRET} } }]`
    const values = describeConfig(text, {})
    expect(valueAt(values, 'upstreams[0].headers.id')).toMatchObject({ value: null, secret: true })
  })

  test('a switch is shown even where its key may also hold texts', () => {
    const values = describeConfig('faces: { openai: true }', {})
    expect(valueAt(values, 'faces.openai')).toMatchObject({ value: true })
  })

  test('the command line and its variables win over the file', () => {
    const values = describeConfig(
      'listen: { port: 1 }',
      {},
      {
        'listen.port': { value: '2', source: 'command line' },
        'listen.host': { value: '0.0.0.0', source: 'AGENTOS_GATEWAY_HOST' },
      },
    )
    expect(valueAt(values, 'listen.port')).toMatchObject({ value: '2', source: 'command line' })
    expect(valueAt(values, 'listen.host')).toMatchObject({
      source: 'variable',
      variables: ['AGENTOS_GATEWAY_HOST'],
    })
  })

  test('no secret is shown at any key', () => {
    const values = describeConfig(SECRETS, { A_SECRET_URL: `http://${SECRET}` })
    const shown = values.map(({ fingerprint: _, ...rest }) => rest)
    expect(JSON.stringify(shown)).not.toContain(SECRET)
    expect(valueAt(values, 'store')?.value).toBe('redis://valkey:6379')
    expect(valueAt(values, 'auth.security_key')).toMatchObject({ secret: true, value: null })
    expect(valueAt(values, 'upstreams[0].headers.x-api-key')).toMatchObject({ secret: true })
    expect(valueAt(values, 'upstreams[1].credentials.mint.audience')?.value).toBe('b')
  })

  test('no value of the example file is a secret but its keys and tokens', () => {
    const text = readFileSync('config/gateway.example.yaml', 'utf8')
    const values = describeConfig(text, { SUPPORT_TOKEN: SECRET, JWT_SECRET_KEY: SECRET })
    expect(values.filter(({ secret }) => secret).map(({ path }) => path)).toEqual([
      'upstreams[1].credentials.bearer',
      'models.small.api_key',
      'auth.keys[0].secret',
    ])
  })
})

describe('changesBetween', () => {
  test('changes name added, removed and changed keys without secret values', () => {
    const before = describeConfig(`name: old\nauth: { security_key: ${SECRET} }`, {})
    const after = describeConfig('id: new\nauth: { security_key: other-secret }', {})
    expect(changesBetween(before, after)).toMatchObject([
      { path: 'id', kind: 'changed', in_force: 'agentos-gateway', on_disk: 'new', line: 1 },
      { path: 'name', kind: 'removed', in_force: 'old', on_disk: null },
      { path: 'auth.security_key', kind: 'changed', in_force: null, on_disk: null, secret: true },
    ])
  })

  test('a comment changes nothing', () => {
    const before = describeConfig('id: gw', {})
    expect(changesBetween(before, describeConfig('# new\nid: gw', {}))).toEqual([])
  })
})

describe('reportConfig', () => {
  const source = (text: string) => ({ text, name: 'gateway.yaml', isFile: true })
  const valid = 'upstreams: [{ name: a, url: "http://a" }]'

  test('a file that would be refused is reported with its issues', () => {
    const report = reportConfig(source(valid), () => source('upstreams: 3'), {}, {})
    expect(report.changes).toEqual([])
    expect(report.issues.join()).toContain('expected a list')
  })

  test('a file that cannot be read is reported', () => {
    const read = () => {
      throw new Error('gone')
    }
    expect(reportConfig(source(valid), read, {}, {}).issues).toEqual(['cannot be read'])
  })

  test('a configuration of a variable has no file and no changes', () => {
    const given = { text: valid, name: 'VARIABLE', isFile: false }
    const report = reportConfig(given, () => given, {}, {})
    expect(report).toMatchObject({ file: null, changes: [], issues: [] })
    expect(JSON.stringify(report)).not.toContain('fingerprint')
  })
})
