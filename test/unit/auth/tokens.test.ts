import { generateKeyPairSync } from 'node:crypto'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { SECRET, seconds, tokenFor, tokenOf } from '../../support/tokens.ts'
import { judge } from './support.ts'

const KEYS = { keys: [{ alg: 'HS256', secret: SECRET }] }
const WRONG = 'Invalid token: Signature verification failed'

describe('times in a token', () => {
  // The clock stands still, so the times in the table below stay correct however slow the machine is.
  const now = Date.now()
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now })
    return () => vi.useRealTimers()
  })

  test.each([
    [{ exp: seconds(-60) }, 'Token has expired'],
    [{ exp: seconds(-5) }, 'sub u1'],
    [{ exp: seconds(5), nbf: seconds(5) }, 'sub u1'],
    [{ nbf: seconds(60) }, 'Invalid token: The token is not yet valid (nbf)'],
    [{ iat: seconds(60) }, 'Invalid token: The token is not yet valid (iat)'],
    [{ exp: 'never' }, 'Invalid token: Expiration Time claim (exp) must be an integer.'],
    [{ nbf: [1] }, 'Invalid token: Not Before claim (nbf) must be an integer.'],
    [{ iat: null }, 'Invalid token: Issued At claim (iat) must be an integer.'],
    // As PyJWT's int().
    [{ exp: String(seconds(60)), nbf: ` ${seconds(-60)} ` }, 'sub u1'],
    [{ exp: String(seconds(-60)) }, 'Token has expired'],
    [{ nbf: `${seconds(60)}` }, 'Invalid token: The token is not yet valid (nbf)'],
    [{ exp: '1e12' }, 'Invalid token: Expiration Time claim (exp) must be an integer.'],
    [{ exp: '' }, 'Invalid token: Expiration Time claim (exp) must be an integer.'],
    [{ exp: true }, 'Invalid token: Expiration Time claim (exp) must be an integer.'],
  ])('a token with %j and 10 s of tolerance gives: %s', async (claims, expected) => {
    const says = await judge(KEYS)
    expect(await says(tokenFor(claims))).toBe(expected)
  })

  test('the clock tolerance is configurable', async () => {
    const strict = await judge({ ...KEYS, clock_tolerance: 0 })
    const lax = await judge({ ...KEYS, clock_tolerance: '5m' })
    const token = tokenFor({ exp: seconds(-60) })
    expect(await strict(tokenFor({ exp: seconds(-5) }))).toBe('Token has expired')
    expect(await lax(token)).toBe('sub u1')
  })

  test('a token that was accepted before is refused once it expires', async () => {
    const says = await judge({ ...KEYS, clock_tolerance: 0 })
    const token = tokenFor({ exp: seconds(60) })
    expect(await says(token)).toBe('sub u1')
    vi.setSystemTime(now + 61_000)
    expect(await says(token)).toBe('Token has expired')
  })
})

describe('audience, issuer and subject', () => {
  const audience = { verify_audience: true, audience: ['one', 'two'] }
  const WRONG_AUDIENCE = 'Invalid token audience - token not valid for this AgentOS instance'

  test.each([
    [{ aud: 'one' }, 'sub u1'],
    [{ aud: ['other', 'two'] }, 'sub u1'],
    [{ aud: 'other' }, WRONG_AUDIENCE],
    [{ aud: [] }, WRONG_AUDIENCE],
    [{ aud: { one: 1 } }, WRONG_AUDIENCE],
  ])('a token with the audience %j gives: %s', async (claims, expected) => {
    const says = await judge({ ...KEYS, ...audience })
    expect(await says(tokenFor(claims))).toBe(expected)
  })

  test("the audience defaults to the gateway's id and must be present", async () => {
    const says = await judge({ ...KEYS, verify_audience: true })
    expect(await says(tokenFor({ aud: 'agentos-gateway' }))).toBe('sub u1')
    expect(await says(tokenFor())).toBe(
      'Invalid token: Token is missing the "aud" claim. Audience verification requires this claim to be present in the token.',
    )
  })

  test('a token from another issuer than the configured one is refused', async () => {
    const says = await judge({ ...KEYS, issuer: 'https://issuer' })
    expect(await says(tokenFor({ iss: 'https://issuer' }))).toBe('sub u1')
    expect(await says(tokenFor({ iss: 'https://other' }))).toBe('Invalid token: Invalid issuer')
    expect(await says(tokenFor())).toMatch(/^Invalid token: Token is missing the "iss" claim/)
  })

  test.each(['sa:reporter', '__scheduler__', '__oauth__:client'])(
    'no token can claim the subject %s, which AgentOS reserves',
    async (sub) => {
      const says = await judge(KEYS)
      expect(await says(tokenFor({ sub }))).toBe('Invalid token subject')
    },
  )

  test('a token whose subject is no string is refused', async () => {
    const says = await judge(KEYS)
    expect(await says(tokenFor({ sub: 7 }))).toBe('Invalid token: Subject must be a string')
  })
})

describe('malformed tokens', () => {
  test.each([
    ['nope', 'Invalid token: Not enough segments'],
    ['a.b', 'Invalid token: Not enough segments'],
    ['a.b.c', 'Invalid token: Invalid header string'],
    [`${btoa('[]')}.b.c`, 'Invalid token: Invalid header string'],
    [`${btoa('null')}.b.c`, 'Invalid token: Invalid header string'],
    [`${tokenFor()}.more`, 'Invalid token: Invalid payload string'],
    [tokenOf({ alg: 'HS256' }, ['no object'], SECRET), 'Invalid token: Invalid payload string'],
    [
      tokenOf({ alg: 'HS256', crit: ['b64'], b64: true }, {}, SECRET),
      'Invalid token: Unsupported critical extension',
    ],
    ['x'.repeat(17_000), 'Invalid token: Token is too long'],
  ])("malformed token %# is refused with AgentOS's words", async (token, expected) => {
    const says = await judge(KEYS)
    expect(await says(token)).toBe(expected)
  })
})

describe('key ids', () => {
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })

  test.each([[['k']], [{ k: 1 }], [7], [true]])(
    'a token with %j as its key id is refused',
    async (kid) => {
      const says = await judge(KEYS)
      expect(await says(tokenOf({ alg: 'HS256', kid }, { sub: 'u1' }, SECRET))).toBe(
        'Invalid token: Key ID header parameter must be a string',
      )
    },
  )

  test.each(['../../key.pem', '/dev/null', "' OR 1=1", '__proto__', 'constructor', ''])(
    'the key id %j selects no other key',
    async (kid) => {
      const says = await judge({ keys: [{ alg: 'HS256', secret: SECRET, kid: 'k1' }] })
      expect(await says(tokenOf({ alg: 'HS256', kid }, { sub: 'u1' }, SECRET))).toBe(WRONG)
      expect(await says(tokenOf({ alg: 'HS256', kid }, { sub: 'u1' }, ''))).toBe(WRONG)
    },
  )

  test("keys and addresses inside a token's header are ignored", async () => {
    const says = await judge({
      keys: [
        {
          alg: 'ES256',
          public_key: generateKeyPairSync('ec', { namedCurve: 'P-256' })
            .publicKey.export({ type: 'spki', format: 'pem' })
            .toString(),
        },
      ],
    })
    const header = {
      alg: 'ES256',
      jwk: other.publicKey.export({ format: 'jwk' }),
      jku: 'http://127.0.0.1:1/jwks.json',
      x5u: 'http://127.0.0.1:1/x5u',
    }
    expect(await says(tokenOf(header, { sub: 'u1' }, other.privateKey))).toBe(WRONG)
  })

  test('two keys of one algorithm verify side by side during a rotation', async () => {
    const says = await judge({
      keys: [
        { alg: 'HS256', secret: 'old' },
        { alg: 'HS256', secret: 'new', kid: '2026' },
      ],
    })
    expect(await says(tokenOf({ alg: 'HS256' }, { sub: 'a' }, 'old'))).toBe('sub a')
    expect(await says(tokenOf({ alg: 'HS256' }, { sub: 'b' }, 'new'))).toBe('sub b')
    expect(await says(tokenOf({ alg: 'HS256', kid: '2026' }, { sub: 'c' }, 'new'))).toBe('sub c')
    expect(await says(tokenOf({ alg: 'HS256', kid: '2025' }, { sub: 'd' }, 'new'))).toBe(WRONG)
  })
})
