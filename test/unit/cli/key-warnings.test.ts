import { expect, test } from 'vitest'
import { keyWarnings } from '../../../cli/key-warnings.ts'
import { configOf } from '../../support/gateway.ts'

const KEY = { name: 'ci', sha256: 'a'.repeat(64), scopes: ['agents:run'] }
const REPORTS = [
  { name: 'open', auth: 'none' },
  { name: 'locked', auth: 'jwt' },
  { name: 'minted', auth: 'jwt' },
]
const mint = { alg: 'HS256', secret: 'x'.repeat(32), audience: 'os' }

function warningsOf(auth: object): string[] {
  const upstreams = [
    { name: 'open', url: 'http://a' },
    { name: 'locked', url: 'http://b' },
    { name: 'minted', url: 'http://c', credentials: { mint } },
    { name: 'unasked', url: 'http://d' },
  ]
  return keyWarnings(configOf({ upstreams, auth }), REPORTS)
}

test('an upstream that requires the token of a keyed caller causes a warning', () => {
  expect(warningsOf({ mode: 'api_key', api_keys: [KEY] })).toEqual([
    expect.stringMatching(/^upstream 'locked' requires a token, and credentials: forward sends/),
  ])
})

test('a scope of a key that grants nothing causes a warning', () => {
  const api_keys = [{ ...KEY, scopes: ['agents:run', 'agent:run'] }]
  const [, warning] = warningsOf({ mode: 'api_key', api_keys })
  expect(warning).toMatch(/^auth\.api_keys: key 'ci': the scope agent:run grants nothing/)
})

test('a configuration without API keys causes no warning', () => {
  const keys = [{ alg: 'HS256', secret: 'x'.repeat(32) }]
  expect(warningsOf({ mode: 'jwt', keys })).toEqual([])
})
