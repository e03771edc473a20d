/** Defines the `auth` section of the configuration file. */
import * as z from 'zod'
import {
  duration,
  expects,
  flag,
  list,
  oneOf,
  optional,
  plainName,
  pointInTime,
  section,
  text,
  webAddress,
  withDefault,
} from './fields.ts'
import type { AuthConfig, JwtAlgorithm } from './types.ts'

/** Supported signature algorithms of tokens. */
export const JWT_ALGORITHMS = [
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const satisfies readonly JwtAlgorithm[]

const MODES = [
  'none',
  'jwt',
  'api_key',
  'security_key',
] as const satisfies readonly AuthConfig['mode'][]
const SOURCES = ['header', 'cookie', 'both'] as const satisfies readonly AuthConfig['tokenSource'][]

const jwtKey = section({
  alg: oneOf(JWT_ALGORITHMS).describe('Signature algorithm of the tokens that this key verifies.'),
  kid: optional(text('a key id')).describe(
    'Key id: the key verifies only tokens with this `kid`. Default: any token of its `alg`.',
  ),
  secret: optional(text('a secret (in quotes when it looks like a number)')).describe(
    'Shared secret, for `HS*`. Write `"${NAME}"` to keep the secret out of the file.',
  ),
  secret_file: optional(text('a file')).describe(
    'File with the shared secret, for `HS*`; relative to the configuration file. A final line break is removed.',
  ),
  public_key: optional(text('a PEM public key')).describe(
    'Public key or certificate as PEM, for all algorithms except `HS*`. `\\n` counts as a line break.',
  ),
  public_key_file: optional(text('a file')).describe(
    'File with the public key or certificate as PEM; relative to the configuration file.',
  ),
})

const DIGEST = 'the SHA-256 of a key, 64 hexadecimal digits'

/** One SHA-256 in hexadecimal digits, or a list of them. */
function keyDigests() {
  const digest = z.string({ error: expects(DIGEST) }).meta({ pattern: '^[0-9A-Fa-f]{64}$|\\$\\{' })
  return z
    .union([digest, list(digest)], { error: expects('the SHA-256 of a key, or a list of them') })
    .transform((value, context) => {
      const all = Array.isArray(value) ? value : [value]
      if (all.length === 0) {
        context.addIssue({ code: 'custom', message: 'expected at least one SHA-256' })
      }
      for (const [index, one] of all.entries()) {
        const message = digestFault(one)
        const path = Array.isArray(value) ? [index] : []
        if (message !== undefined) context.addIssue({ code: 'custom', message, path })
      }
      return all.map((one) => one.toLowerCase())
    })
}

/** A key in place of its digest is a secret in the file. */
function digestFault(text: string): string | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return undefined
  return text.trim().startsWith('agw_')
    ? 'holds a key: write its SHA-256, and make a new key, because this one is in a file'
    : `expected ${DIGEST}`
}

const apiKey = section({
  name: plainName().describe(
    'Name of the key in logs, metrics, budgets and the audit log. The key itself appears nowhere.',
  ),
  sha256: keyDigests().describe(
    'SHA-256 of the key, in hexadecimal digits. A list accepts several keys, for a rotation. `agentos-gateway key create` makes keys.',
  ),
  scopes: list(text()).describe(
    'AgentOS scopes of the caller, such as `agents:run`. They are enforced with and without `authorization`.',
  ),
  user: optional(text()).describe(
    'User id of the caller: the `sub` in minted tokens, and the user of its runs. Default: none; limits count the key.',
  ),
  claims: withDefault(
    z.record(z.string(), text(), { error: expects('a mapping of claims') }),
    {},
  ).describe('Further claims of the caller, such as `tenant`, for `mint.claims` and budgets.'),
  expires_at: optional(pointInTime()).describe(
    'Date or time from which the key is refused. A date counts from its start in UTC. Default: never.',
  ),
})

/** Authentication of callers. */
export const auth = section({
  mode: optional(oneOf(MODES)).describe(
    '`jwt` requires a token or one of `api_keys` on every route except the open ones, `api_key` requires one of `api_keys`, `security_key` requires one shared key, `none` accepts every caller. Default: none. Required when keys are set.',
  ),
  authorization: withDefault(flag(), false).describe(
    'Enforces the AgentOS scopes of tokens with public ids, such as `agents:<id>:run`. Routes that AgentOS does not have need the admin scope.',
  ),
  admin_scope: withDefault(text(), 'agent_os:admin').describe('Scope that grants everything.'),
  scopes_claim: withDefault(text(), 'scopes').describe(
    'Claim with the scopes: a list, or text separated by blanks.',
  ),
  keys: withDefault(list(jwtKey), []).describe(
    'Keys that verify tokens. A token is valid if one of them verifies it, so several keys allow a rotation.',
  ),
  api_keys: withDefault(list(apiKey), []).describe(
    'Fixed secrets of callers that cannot get tokens, in mode `jwt` or `api_key`. The file holds digests only.',
  ),
  jwks_file: optional(text('a file')).describe(
    'File with a JSON Web Key Set, used in addition to `keys`; relative to the configuration file.',
  ),
  jwks_url: optional(webAddress()).describe(
    'URL of a JSON Web Key Set, used in addition to `keys`. Fetched at the start, every 10 minutes, and at most every 30 s for an unknown `kid`. The last set is kept while the issuer is down.',
  ),
  issuer: optional(text()).describe(
    'Required `iss` of tokens. Default: any issuer whose key verifies the token.',
  ),
  verify_audience: withDefault(flag(), false).describe(
    'Accepts only tokens whose `aud` contains one of `audience`.',
  ),
  audience: optional(list(text()).min(1, { error: expects('at least one audience') })).describe(
    'Audiences accepted with `verify_audience`. Default: the `id` of the gateway.',
  ),
  clock_tolerance: withDefault(duration('zero'), '10s').describe(
    "Tolerance for the issuer's clock in checks of `exp`, `nbf` and `iat`.",
  ),
  token_source: withDefault(oneOf(SOURCES), 'header').describe(
    'Source of the token: the `Authorization` header, the cookie, or the header first and then the cookie.',
  ),
  cookie_name: withDefault(text(), 'access_token').describe('Name of the cookie with the token.'),
  security_key: optional(text('a key (in quotes when it looks like a number)')).describe(
    'Key of mode `security_key`. Write `"${OS_SECURITY_KEY}"` to keep the key out of the file.',
  ),
})

/** One entry of `auth.api_keys` after parsing. */
export type FileApiKey = z.output<typeof apiKey>
/** One entry of `auth.keys` after parsing. */
export type FileJwtKey = z.output<typeof jwtKey>
