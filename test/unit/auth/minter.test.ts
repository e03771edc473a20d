import { generateKeyPairSync } from 'node:crypto'
import { createVerifier } from 'fast-jwt'
import { describe, expect, test } from 'vitest'
import type { MintPolicy } from '../../../config/types.ts'
import { Minter } from '../../../src/auth/minter.ts'

const POLICY: MintPolicy = {
  kind: 'mint',
  alg: 'HS256',
  key: 'upstream-secret',
  kid: undefined,
  audience: 'os-eu',
  issuer: 'gw',
  ttlMs: 60_000,
  claims: ['email'],
}
const NOW_S = 1_700_000_000

const UPSTREAM_IDS = new Map([
  ['eu-echo', 'echo'],
  // Ids that a scope cannot name.
  ['eu-star', '*'],
  ['eu-colon', 'a:b'],
])

/** Returns a minter for an upstream whose agent `echo` callers know as `eu-echo`. */
function minterOf(policy: Partial<MintPolicy> = {}) {
  const clock = { nowMs: NOW_S * 1000 }
  const minter = new Minter(
    { ...POLICY, ...policy },
    {
      gatewayId: 'gw',
      adminScope: 'root',
      upstreamIdOf: (kind, id) => (kind === 'agents' ? UPSTREAM_IDS.get(id) : undefined),
      now: () => clock.nowMs,
    },
  )
  return { minter, clock }
}

const read = (token: string, key: string = POLICY.key) =>
  createVerifier({ key, ignoreExpiration: true, complete: true })(token) as {
    header: Record<string, unknown>
    payload: Record<string, unknown>
  }

describe('minted tokens', () => {
  test('a minted token names subject, audience, issuer, expiry, scopes and configured claims', () => {
    const { minter } = minterOf()
    const claims = { sub: 'u1', email: 'u1@x', aud: 'gw', session_id: 's', scopes: [] }
    const { token } = minter.tokenFor({ claims, scopes: ['sessions:read'] })
    expect(read(token).payload).toEqual({
      sub: 'u1',
      email: 'u1@x',
      scopes: ['sessions:read'],
      aud: 'os-eu',
      iss: 'gw',
      iat: NOW_S,
      exp: NOW_S + 60,
    })
  })

  test.each([
    [['agents:eu-echo:run', 'agents:other:run', 'teams:duo:run'], ['agents:echo:run']],
    [
      ['agents:*:run', 'agents:read'],
      ['agents:*:run', 'agents:read'],
    ],
    // The upstream knows the administrator by AgentOS's own scope; no caller may get that scope by naming it.
    [['root'], ['agent_os:admin']],
    [['agent_os:admin'], []],
    [
      ['b:read', 'a:read', 'b:read'],
      ['a:read', 'b:read'],
    ],
  ])('a token minted for the scopes %j carries only %j', (scopes, expected) => {
    const { minter } = minterOf()
    const { token } = minter.tokenFor({ claims: { sub: 'u1' }, scopes })
    expect(read(token).payload['scopes']).toEqual(expected)
  })

  test.each([
    'agents:eu-echo:run:read',
    'agents:eu-echo:run:',
    'agents::run',
    ':run',
    'agents:',
    'sessions::read',
    'sessions:s1:read',
    'agents',
    '',
    'agent_os:*:admin',
    'agent_os:x',
    'agents:eu-star:run',
    'agents:eu-colon:run',
    'agents:constructor:run',
  ])('a minted token leaves out the scope %j', (scope) => {
    const { minter } = minterOf()
    const { token } = minter.tokenFor({ claims: { sub: 'u1' }, scopes: [scope, 'config:read'] })
    expect(read(token).payload['scopes']).toEqual(['config:read'])
  })

  test('a minted token is reused for four fifths of its lifetime', () => {
    const { minter, clock } = minterOf()
    const bearer = { claims: { sub: 'u1' }, scopes: [] }
    const first = minter.tokenFor(bearer)
    clock.nowMs += 47_000
    expect(minter.tokenFor(bearer).token).toBe(first.token)
    clock.nowMs += 2_000
    const second = minter.tokenFor(bearer)
    expect(second.token).not.toBe(first.token)
    expect(second.key).toBe(first.key)
  })

  test('a token minted before the clock was set back is not reused', () => {
    const { minter, clock } = minterOf()
    const { nowMs } = clock
    clock.nowMs = nowMs + 172_800_000
    const early = minter.tokenFor({ claims: { sub: 'u1' }, scopes: [] })
    clock.nowMs = nowMs
    const { token } = minter.tokenFor({ claims: { sub: 'u1' }, scopes: [] })
    expect(token).not.toBe(early.token)
    expect(read(token).payload).toMatchObject({ iat: NOW_S, exp: NOW_S + 60 })
  })

  test('callers with different claims or scopes never share a minted token', () => {
    const { minter } = minterOf()
    const keys = [
      minter.tokenFor({ claims: { sub: 'u1' }, scopes: [] }),
      minter.tokenFor({ claims: { sub: 'u2' }, scopes: [] }),
      minter.tokenFor({ claims: { sub: 'u1' }, scopes: ['a:read'] }),
      minter.tokenFor({ claims: { sub: 'u1', email: 'e' }, scopes: [] }),
      minter.tokenFor({ claims: {}, scopes: [] }),
      minter.own(),
    ].map(({ key }) => key)
    expect(new Set(keys).size).toBe(6)
  })

  test('a minted token never outlives the token of its caller', () => {
    const { minter } = minterOf()
    const { token } = minter.tokenFor({ claims: { sub: 'u1', exp: NOW_S + 5 }, scopes: [] })
    expect(read(token).payload['exp']).toBe(NOW_S + 5)
  })

  test('a minted token ends with a shorter token of the same caller', () => {
    const { minter } = minterOf()
    const expOf = (exp: unknown) => {
      const { token } = minter.tokenFor({ claims: { sub: 'u1', exp }, scopes: [] })
      return read(token).payload['exp']
    }
    expect([NOW_S + 600, NOW_S + 5, `${NOW_S + 7}`, NOW_S + 6.5].map(expOf)).toEqual([
      NOW_S + 60,
      NOW_S + 5,
      NOW_S + 5,
      NOW_S + 5,
    ])
    const { minter: other } = minterOf()
    const { token } = other.tokenFor({ claims: { exp: `${NOW_S + 7}` }, scopes: [] })
    expect(read(token).payload['exp']).toBe(NOW_S + 7)
  })

  test('a token minted with a private key names its kid', () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    })
    const { minter } = minterOf({ alg: 'RS256', key: privateKey, kid: 'k1' })
    const { header, payload } = read(minter.own().token, publicKey)
    expect(header).toMatchObject({ alg: 'RS256', kid: 'k1' })
    expect(payload).toMatchObject({
      sub: 'gw',
      scopes: ['config:read', 'agents:read', 'teams:read', 'workflows:read'],
    })
  })
})
