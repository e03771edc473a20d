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
  alg: oneOf(JWT_ALGORITHMS).describe('Algorithm of the tokens that this key verifies.'),
  kid: optional(text('a key id')).describe(
    'Key id: the key is only used for tokens that name it. Default: used for any token of its `alg`.',
  ),
  secret: optional(text('a secret (in quotes when it looks like a number)')).describe(
    'Shared secret, for `HS*`. Write `"${NAME}"`, not the secret itself.',
  ),
  secret_file: optional(text('a file')).describe(
    'File with the shared secret, for `HS*`; relative to the configuration file. One line break at its end is dropped.',
  ),
  public_key: optional(text('a PEM public key')).describe(
    'Public key or certificate as PEM, for all but `HS*`. `\\n` may stand for line breaks.',
  ),
  public_key_file: optional(text('a file')).describe(
    'File with the public key or certificate as PEM; relative to the configuration file.',
  ),
})

/** Authentication of callers. */
export const auth = section({
  mode: optional(oneOf(MODES)).describe(
    '`jwt` asks for a token on every route but the open ones, `security_key` for one shared key; `none` lets everyone in. Default: none; has to be written when keys are.',
  ),
  authorization: withDefault(flag(), false).describe(
    'Enforces AgentOS scopes, such as `agents:<id>:run`, with the ids callers use. Routes AgentOS does not have are left to the admin scope.',
  ),
  admin_scope: withDefault(text(), 'agent_os:admin').describe('Scope that grants everything.'),
  scopes_claim: withDefault(text(), 'scopes').describe(
    'Claim that holds the scopes: a list, or text with blanks between them.',
  ),
  keys: withDefault(list(jwtKey), []).describe(
    'Keys that verify tokens; one of them has to fit. Several at once let keys be rotated.',
  ),
  jwks_file: optional(text('a file')).describe(
    'File with a JSON Web Key Set whose keys verify tokens, beside `keys`; relative to the configuration file.',
  ),
  jwks_url: optional(webAddress()).describe(
    'Address of a JSON Web Key Set whose keys verify tokens, beside `keys`. Fetched when the gateway starts, every 10 minutes, and at most every 30 s for an unknown `kid`; the last set is kept while the issuer is down.',
  ),
  issuer: optional(text()).describe(
    'Only accepts tokens whose `iss` is this. Default: any issuer whose key fits.',
  ),
  verify_audience: withDefault(flag(), false).describe(
    'Only accepts tokens whose `aud` holds one of `audience`.',
  ),
  audience: optional(list(text()).min(1, { error: expects('at least one audience') })).describe(
    'Audiences accepted with `verify_audience`. Default: the `id` of the gateway.',
  ),
  clock_tolerance: withDefault(duration('zero'), '10s').describe(
    "How far the issuer's clock may be off when `exp`, `nbf` and `iat` are looked at.",
  ),
  token_source: withDefault(oneOf(SOURCES), 'header').describe(
    'Where the token is looked for: the `Authorization` header, the cookie, or first one and then the other.',
  ),
  cookie_name: withDefault(text(), 'access_token').describe('Name of the cookie with the token.'),
  security_key: optional(text('a key (in quotes when it looks like a number)')).describe(
    'The key of mode `security_key`. Write `"${OS_SECURITY_KEY}"`, not the key itself.',
  ),
})

/** One entry of `auth.keys` after parsing. */
export type FileJwtKey = z.output<typeof jwtKey>
