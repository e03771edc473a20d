/** Defines the `auth` section of the configuration file. */
import type * as z from 'zod'
import {
  duration,
  expects,
  flag,
  list,
  oneOf,
  optional,
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

const MODES = ['none', 'jwt', 'security_key'] as const satisfies readonly AuthConfig['mode'][]
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

/** Authentication of callers. */
export const auth = section({
  mode: optional(oneOf(MODES)).describe(
    '`jwt` requires a token on every route except the open ones, `security_key` requires one shared key, `none` accepts every caller. Default: none. Required when keys are set.',
  ),
  authorization: withDefault(flag(), false).describe(
    'Enforces AgentOS scopes with public ids, such as `agents:<id>:run`. Routes that AgentOS does not have need the admin scope.',
  ),
  admin_scope: withDefault(text(), 'agent_os:admin').describe('Scope that grants everything.'),
  scopes_claim: withDefault(text(), 'scopes').describe(
    'Claim with the scopes: a list, or text separated by blanks.',
  ),
  keys: withDefault(list(jwtKey), []).describe(
    'Keys that verify tokens. A token is valid if one of them verifies it, so several keys allow a rotation.',
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

/** One entry of `auth.keys` after parsing. */
export type FileJwtKey = z.output<typeof jwtKey>
