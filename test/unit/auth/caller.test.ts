import { expect, test } from 'vitest'
import type { UpstreamConfig } from '../../../config/types.ts'
import type { CredentialTarget } from '../../../src/auth/caller.ts'
import { Caller, NO_SERVICE_ACCOUNTS } from '../../../src/auth/caller.ts'
import { readIdentity, signIdentity } from '../../../src/auth/run-identity.ts'
import { configOf } from '../../support/gateway.ts'
import { authenticatorFor } from './support.ts'

const KEY = 'a secret of the composer'
const JWT = { mode: 'jwt', keys: [{ alg: 'HS256', secret: 'a secret of at least 32 characters' }] }
const SECURITY_KEY = { mode: 'security_key', security_key: 'a security key of 32 characters.' }

/** The caller of a run that the composer continues. */
async function continued(auth: object, claims: { sub: string } | null): Promise<Caller> {
  const authenticator = await authenticatorFor(auth, KEY)
  const token = signIdentity(KEY, { claims }, Math.floor(Date.now() / 1000))
  return authenticator.authenticate({ authorization: `Bearer ${token}` })
}

function upstream(section: object = {}): CredentialTarget {
  const { upstreams } = configOf({ upstreams: [{ name: 'a', url: 'http://a', ...section }] })
  return { config: upstreams[0] as UpstreamConfig, minter: undefined }
}

test('a continued caller has the rights of its mode and no token', async () => {
  const anyone = await continued({ mode: 'none' }, null)
  expect(anyone).toMatchObject({ kind: 'anonymous', authorization: undefined, isContinued: true })
  const root = await continued(SECURITY_KEY, null)
  expect(root).toMatchObject({ kind: 'root', scopes: ['agent_os:admin'], isContinued: true })
  const ann = await continued(JWT, { sub: 'ann' })
  expect(ann).toMatchObject({ kind: 'verified', claims: { sub: 'ann' }, authorization: undefined })
})

test('a continued caller without claims is refused where tokens are required', async () => {
  await expect(continued(JWT, null)).rejects.toMatchObject({ code: 'AGW_UNAUTHORIZED' })
})

test('an upstream that gets the token of the caller refuses a continued caller', async () => {
  const ann = await continued(JWT, { sub: 'ann' })
  expect(() => ann.authorizationAt(upstream())).toThrow(/continued without its caller/)
  const fixed = upstream({ credentials: { bearer: 'a-fixed-token' } })
  expect(ann.authorizationAt(fixed)).toBe('Bearer a-fixed-token')
})

test('an anonymous caller never gets what only a configuration token reads', async () => {
  const authenticator = await authenticatorFor({ mode: 'none' })
  const anyone = await authenticator.authenticate({})
  const { key, authorization } = anyone.identityAt(upstream({ config_token: 'a-token' }))
  expect({ key, authorization }).toEqual({ key: 'anonymous', authorization: undefined })
  expect(anyone.identityAt(upstream())).toEqual({ key: 'own', authorization: undefined })
})

test('a service account is refused at an upstream that does not verify its token', async () => {
  const authenticator = await authenticatorFor(JWT)
  const account = await authenticator.authenticate({ authorization: 'Bearer agno_pat_x' })
  expect(() => account.authorizationAt(upstream())).toThrow(NO_SERVICE_ACCOUNTS)
  expect(() => account.identityAt(upstream())).toThrow()
  const verifying = upstream({ service_accounts: true })
  expect(account.authorizationAt(verifying)).toBe('Bearer agno_pat_x')
})

test('the composer gets a signed identity in place of an API key', () => {
  const details = { kind: 'api-key', key: 'ci', claims: { sub: 'ci' } } as const
  const caller = new Caller(undefined, details)
  const { config } = upstream()
  const composer = {
    config: { ...config, credentials: { kind: 'forward', identityKey: KEY } },
    minter: undefined,
  } as const
  const token = caller.authorizationAt(composer)?.slice('Bearer '.length) ?? ''
  expect(readIdentity(token)).toMatchObject({ key: 'ci', claims: { sub: 'ci' } })
  expect(caller.identityAt(composer).key).toBe('key:ci {"sub":"ci"}')
  expect(caller.authorizationAt(upstream())).toBeUndefined()
})
