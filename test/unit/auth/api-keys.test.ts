import { expect, onTestFinished, test, vi } from 'vitest'
import { Authenticator } from '../../../src/auth/authenticator.ts'
import { Caller } from '../../../src/auth/caller.ts'
import { signIdentity } from '../../../src/auth/run-identity.ts'
import { Verifier } from '../../../src/auth/verifier.ts'
import { apiKey, keyAuth } from '../../support/api-keys.ts'
import { authConfig } from './support.ts'

const INVALID = 'Invalid API key'

/** Authenticates by a section, and returns the caller or the text of the refusal. */
function authenticatorOf(section: object, more: object = {}) {
  const auth = { ...authConfig(section), ...more }
  const refuse = () => {
    throw new Error('read as a JWT')
  }
  const authenticator = new Authenticator(auth, new Verifier(auth, refuse))
  return (authorization: string | undefined, connection?: object) => {
    try {
      const headers = authorization === undefined ? {} : { authorization }
      return authenticator.authenticate(headers, connection) as Caller
    } catch (error) {
      return (error as Error).message
    }
  }
}

test('a key gives its caller the name, user, scopes and claims of the entry', () => {
  const ci = apiKey('ci', {
    scopes: ['agents:run'],
    user: 'robot',
    claims: { tenant: 'acme' },
    expires_at: '2999-01-01',
  })
  const caller = authenticatorOf(keyAuth(ci))(`Bearer ${ci.key}`)
  const exp = Date.UTC(2999, 0, 1) / 1000
  expect(caller).toMatchObject({
    kind: 'api-key',
    key: 'ci',
    subject: 'robot',
    principal: 'sub robot',
    authorization: undefined,
    digest: 'key:ci',
    claims: { sub: 'robot', scopes: ['agents:run'], tenant: 'acme', exp },
  })
  expect((caller as Caller).access?.has('agents:run')).toBe(true)
  expect((caller as Caller).access?.has('agents:read')).toBe(false)
})

test.each(['jwt', 'api_key'])('mode %s refuses keys that are not listed', (mode) => {
  const ci = apiKey('ci')
  const keys = mode === 'jwt' ? [{ alg: 'HS256', secret: 'x'.repeat(32) }] : []
  const says = authenticatorOf({ ...keyAuth(ci), mode, keys })
  const swapped = ci.key.replace(/.$/, (last) => (last === '0' ? '1' : '0'))
  for (const key of [apiKey('other').key, swapped, 'agw_', 'agw_a.b.c', ci.key.toLowerCase()]) {
    expect(says(`Bearer ${key}`), key).toBe(INVALID)
  }
  expect(says(`Bearer ${ci.key}`)).toBeInstanceOf(Caller)
})

test('mode api_key reads no token as a JWT', () => {
  const says = authenticatorOf(keyAuth(apiKey('ci')))
  for (const token of ['a.b.c', 'x', 'Basic x']) expect(says(token)).toBe(INVALID)
})

test('each digest of a list gives the same caller', () => {
  const [old, next] = [apiKey('ci'), apiKey('ci')]
  const both = { entry: { ...old.entry, sha256: [old.entry.sha256, next.entry.sha256] } }
  const says = authenticatorOf(keyAuth(both))
  expect(says(old.headers.authorization)).toBe(says(next.headers.authorization))
})

test('a key is refused from its expiry on, also on its own connection', () => {
  const ci = apiKey('ci', { expires_at: '2999-01-01T00:00:00Z' })
  const says = authenticatorOf(keyAuth(ci))
  const connection = {}
  expect(says(ci.headers.authorization, connection)).toBeInstanceOf(Caller)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2999, 0, 1) - 1 })
  onTestFinished(() => void vi.useRealTimers())
  expect(says(ci.headers.authorization, connection)).toBeInstanceOf(Caller)
  vi.setSystemTime(Date.UTC(2999, 0, 1))
  expect(says(ci.headers.authorization, connection)).toBe('Token has expired')
  expect(says(ci.headers.authorization)).toBe('Token has expired')
})

test("a request without a token is refused on a key's connection", () => {
  const ci = apiKey('ci')
  const says = authenticatorOf(keyAuth(ci))
  const connection = {}
  expect(says(ci.headers.authorization, connection)).toBeInstanceOf(Caller)
  expect(says(undefined, connection)).toBe('Authorization header missing')
  expect(says(apiKey('other').headers.authorization, connection)).toBe(INVALID)
})

test('a key without a user is counted by its name, which no subject equals', () => {
  const ci = apiKey('ci')
  const caller = authenticatorOf(keyAuth(ci))(ci.headers.authorization) as Caller
  expect([caller.subject, caller.principal]).toEqual([undefined, 'key ci'])
  for (const sub of ['ci', 'key ci', 'key:ci', 'sub key ci']) {
    const imitator = new Caller('Bearer x', { kind: 'verified', claims: { sub } })
    expect(imitator.principal).not.toBe(caller.principal)
    expect(imitator.digest).not.toBe(caller.digest)
  }
})

test('spellings of one token without a subject count as one caller', () => {
  const named = (header: string) => new Caller(header, { kind: 'root' }).principal
  expect(new Set(['Bearer x', 'bearer  x ', 'x'].map(named)).size).toBe(1)
  expect(named('Bearer y')).not.toBe(named('Bearer x'))
  expect(new Caller('Bearer x').principal).toBeUndefined()
})

test('a composed run outlasts its expired key on one connection', () => {
  const ci = apiKey('ci', { expires_at: '2000-01-01' })
  const says = authenticatorOf(keyAuth(ci), { composerKey: 'secret' })
  const identity = signIdentity('secret', { claims: {}, key: 'ci' }, Math.floor(Date.now() / 1000))
  const connection = {}
  for (let member = 0; member < 3; member++) {
    expect(says(`Bearer ${identity}`, connection)).toMatchObject({ key: 'ci' })
  }
  expect(says(`Bearer ${ci.key}`, connection)).toBe('Token has expired')
})

test('the identity of a composed run has the present rights of its key', () => {
  const ci = apiKey('ci', { scopes: ['agents:run'], expires_at: '2000-01-01' })
  const says = authenticatorOf(keyAuth(ci), { composerKey: 'secret' })
  const identity = { claims: { sub: 'root', scopes: ['agent_os:admin'] }, key: 'ci' }
  const now = Math.floor(Date.now() / 1000)
  expect(says(`Bearer ${signIdentity('secret', identity, now)}`)).toMatchObject({
    key: 'ci',
    scopes: ['agents:run'],
    isContinued: false,
  })
  const gone = signIdentity('secret', { ...identity, key: 'removed' }, now)
  expect(says(`Bearer ${gone}`)).toBe(INVALID)
  expect(says(`Bearer ${signIdentity('another', identity, now)}`)).toBe(INVALID)
})
