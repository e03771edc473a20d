import { expect, test } from 'vitest'
import { parseConfig } from '../../../config/parse.ts'
import { configOf } from '../../support/gateway.ts'

const DIGEST = 'a'.repeat(64)
const KEY = { name: 'ci', sha256: DIGEST, scopes: ['agents:run'] }
const UPSTREAM = { name: 'a', url: 'http://a' }

function issuesOf(auth: object): string[] {
  const result = parseConfig({ upstreams: [UPSTREAM], auth })
  if (!('issues' in result)) return []
  return result.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
}

const issuesOfKeys = (...keys: object[]) => issuesOf({ mode: 'api_key', api_keys: keys })

test('a key has one or several digests, and no further settings by default', () => {
  const entry = { ...KEY, sha256: [DIGEST, 'B'.repeat(64)], claims: { constructor: 'x' } }
  const auth = { mode: 'api_key', api_keys: [entry] }
  expect(configOf({ upstreams: [UPSTREAM], auth }).auth.apiKeys).toEqual([
    {
      name: 'ci',
      digests: [DIGEST, 'b'.repeat(64)],
      scopes: ['agents:run'],
      user: undefined,
      claims: { constructor: 'x' },
      expiresAtMs: undefined,
    },
  ])
})

test.each([
  ['2027-01-31', Date.UTC(2027, 0, 31)],
  ['2027-01-31T18:00Z', Date.UTC(2027, 0, 31, 18)],
  ['2027-01-31T18:00:30+02:00', Date.UTC(2027, 0, 31, 16, 0, 30)],
])('the expiry %s is read as a point in time', (expires_at, expiresAtMs) => {
  const auth = { mode: 'api_key', api_keys: [{ ...KEY, expires_at }] }
  expect(configOf({ upstreams: [UPSTREAM], auth }).auth.apiKeys[0]).toMatchObject({ expiresAtMs })
})

test.each(['2027-02-31', '2027-13-01', '2027-01-31T18:00', '2027-01-31T25:00:00Z', 'soon', 2027])(
  'the expiry %s is refused',
  (expires_at) => {
    expect(issuesOfKeys({ ...KEY, expires_at })).toEqual([
      'auth.api_keys.0.expires_at: expected a date such as 2027-01-31, or a time such as 2027-01-31T18:00:00Z',
    ])
  },
)

test('equal names and digests of two keys are refused', () => {
  const other = { ...KEY, name: 'other', sha256: 'b'.repeat(64) }
  expect(issuesOfKeys(KEY, other, { ...KEY, sha256: [DIGEST.toUpperCase(), DIGEST] })).toEqual([
    'auth.api_keys.2.name: auth.api_keys[0] has this name already',
    'auth.api_keys.2.sha256: auth.api_keys[0] has this key already',
    'auth.api_keys.2.sha256: auth.api_keys[2] has this key already',
  ])
})

test('a key in place of its digest is refused and not repeated', () => {
  const key = `agw_${'0'.repeat(49)}`
  for (const sha256 of [key, [key], ` ${key}`]) {
    const [issue, ...more] = issuesOfKeys({ ...KEY, sha256 })
    expect(issue).toContain('holds a key: write its SHA-256')
    expect(issue).not.toContain(key)
    expect(more).toEqual([])
  }
})

test.each([
  [{ sha256: 'abc' }, 'sha256: expected the SHA-256 of a key, 64 hexadecimal digits'],
  [{ sha256: [] }, 'sha256: expected at least one SHA-256'],
  [{ scopes: undefined }, 'scopes: missing, expected a list'],
  [{ user: 'sa:ci' }, 'user: is a user id that AgentOS issues itself'],
  [{ user: '__scheduler__' }, 'user: is a user id that AgentOS issues itself'],
  [{ claims: { sub: 'x' } }, 'claims.sub: is set by the gateway: write user'],
  [{ claims: { scopes: 'x' } }, 'claims.scopes: is set by the gateway: write scopes'],
  [{ claims: { exp: '1' } }, 'claims.exp: is set by the gateway: write expires_at'],
  [{ claims: { aud: 'x' } }, 'claims.aud: is set by the gateway: only tokens have it'],
])('a key with %j is refused', (more, issue) => {
  expect(issuesOfKeys({ ...KEY, ...more })).toEqual([`auth.api_keys.0.${issue}`])
})

test.each([
  [{ mode: 'api_key' }, 'mode api_key needs api_keys'],
  [{ mode: 'none', api_keys: [KEY] }, 'api_keys need mode: api_key'],
  [{ mode: 'security_key', security_key: 'k', api_keys: [KEY] }, 'api_keys need mode: api_key'],
  [{ api_keys: [KEY] }, 'write mode: api_key to require tokens'],
  [{ mode: 'jwt', api_keys: [KEY] }, 'mode jwt needs keys'],
  [
    { mode: 'api_key', api_keys: [KEY], keys: [{ alg: 'HS256', secret: 's' }] },
    'mode api_key accepts no tokens',
  ],
])('the section %j is refused', (auth, words) => {
  const [issue, ...more] = issuesOf(auth)
  expect(issue).toContain(`auth: ${words}`)
  expect(more).toEqual([])
})
