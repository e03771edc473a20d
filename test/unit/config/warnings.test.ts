import { expect, test } from 'vitest'
import { composerWarnings, configWarnings } from '../../../config/warnings.ts'
import { configOf } from '../../support/gateway.ts'

const UPSTREAM = { name: 'a', url: 'http://a' }
const warningsOf = (document: object) =>
  configWarnings(configOf({ upstreams: [UPSTREAM], ...document }))
const jwt = (alg: string, secret: string) => ({ mode: 'jwt', keys: [{ alg, secret }] })

test.each([
  ['HS256', 31, 32],
  ['HS384', 47, 48],
  ['HS512', 63, 64],
])('a secret for %s with %i bytes causes a warning, with %i none', (alg, short, enough) => {
  const [warning = '', ...others] = warningsOf({ auth: jwt(alg, 's'.repeat(short)) })
  expect(others).toEqual([])
  expect(warning).toMatch(
    new RegExp(`^auth\\.keys\\[0\\]: ${alg} needs .* ${enough} bytes \\(RFC 7518 §3\\.2\\)`),
  )
  expect(warning).not.toContain('sss')
  expect(warningsOf({ auth: jwt(alg, 's'.repeat(enough)) })).toEqual([])
})

test('the length of a secret is measured in bytes, not in characters', () => {
  expect(warningsOf({ auth: jwt('HS256', 'é'.repeat(16)) })).toEqual([])
})

test('a weak minting secret and a short security key cause warnings', () => {
  const mint = { alg: 'HS256', secret: 'secret', audience: 'os' }
  const upstreams = [{ ...UPSTREAM, credentials: { mint } }]
  const auth = { mode: 'security_key', security_key: 'hunter2' }
  expect(warningsOf({ upstreams, auth })).toEqual([
    expect.stringMatching(/^credentials\.mint of upstream 'a': HS256 needs .*, but has 6:/),
    expect.stringMatching(/^auth\.security_key has 7 bytes/),
  ])
})

test.each(['127.0.0.1', '127.8.8.8', '::1', 'localhost'])(
  'missing authentication on the loopback address %s causes no warning',
  (host) => {
    expect(warningsOf({ listen: { host } })).toEqual([])
  },
)

test.each(['0.0.0.0', '::', '10.0.0.1', '127.example.com', 'gateway.local'])(
  'missing authentication on the reachable address %s causes a warning',
  (host) => {
    expect(warningsOf({ listen: { host } })).toEqual([
      expect.stringMatching(/^AUTHENTICATION IS OFF .* Set auth\.mode: jwt$/),
    ])
    const auth = jwt('HS256', 's'.repeat(32))
    expect(warningsOf({ listen: { host }, auth })).toEqual([])
  },
)

test('a composer that listens beyond loopback causes a warning about its trust', () => {
  expect(composerWarnings('127.0.0.1')).toEqual([])
  expect(composerWarnings('0.0.0.0')).toEqual([
    expect.stringContaining('trusts every token and listens on 0.0.0.0'),
  ])
})

test('a short secret for the state of forms causes a warning', () => {
  const withSecret = (state_secret: string) => warningsOf({ faces: { mcp: { state_secret } } })
  expect(withSecret('hunter2')).toEqual([
    expect.stringMatching(/^faces\.mcp\.state_secret has 7 bytes/),
  ])
  expect(withSecret('s'.repeat(32))).toEqual([])
  expect(warningsOf({ faces: { mcp: true } })).toEqual([])
})

test('an API key that expires within 14 days or has expired causes a warning', () => {
  const days = (count: number) => new Date(Date.now() + count * 86_400_000).toISOString()
  const key = (name: string, digit: string, expires_at?: string) => ({
    name,
    sha256: digit.repeat(64),
    scopes: [],
    ...(expires_at && { expires_at: expires_at.replace(/\.\d+/, '') }),
  })
  const api_keys = [
    key('old', '1', '2001-01-31'),
    key('soon', '2', days(13)),
    key('later', '3', days(15)),
    key('never', '4'),
  ]
  expect(warningsOf({ auth: { mode: 'api_key', api_keys } })).toEqual([
    expect.stringMatching(/^auth\.api_keys: the key 'old' expired at 2001-01-31T00:00:00\.000Z/),
    expect.stringMatching(/^auth\.api_keys: the key 'soon' expires at /),
  ])
})
