/** Defines the keys of an upstream for credentials, headers and TLS. */
import * as z from 'zod'
import {
  duration,
  expects,
  flag,
  headerName,
  headerValue,
  list,
  oneOf,
  optional,
  section,
  text,
  token,
  withDefault,
} from './fields.ts'
import { JWT_ALGORITHMS } from './schema-auth.ts'

const mint = section({
  alg: oneOf(JWT_ALGORITHMS).describe('Signature algorithm of the tokens.'),
  secret: optional(text('a secret (in quotes when it looks like a number)')).describe(
    'Shared secret, for `HS*`. Write `"${NAME}"` to keep the secret out of the file.',
  ),
  secret_file: optional(text('a file')).describe(
    'File with the shared secret, for `HS*`; relative to the configuration file. A final line break is removed.',
  ),
  private_key_file: optional(text('a file')).describe(
    'File with the private key as PEM, for all algorithms except `HS*`; relative to the configuration file.',
  ),
  kid: optional(text('a key id')).describe('`kid` of the tokens. Default: none.'),
  audience: text('the audience of the upstream').describe(
    '`aud` of the tokens: the audience that this upstream checks, usually its `os_id`.',
  ),
  issuer: optional(text()).describe('`iss` of the tokens. Default: the `id` of the gateway.'),
  ttl: withDefault(duration(), '60s').describe(
    "Lifetime of a token; it never exceeds the lifetime of the caller's own token.",
  ),
  claims: withDefault(list(text('the name of a claim')), []).describe(
    "Claims that are copied from the caller's token, besides `sub` and the scopes.",
  ),
})

const FORMS = 'forward, none, { bearer: TOKEN } or { mint: { alg, secret, audience } }'

const credentials = z.union(
  [
    oneOf(['forward', 'none']),
    section({
      bearer: optional(token()).describe(
        'Token that replaces the caller\'s. Write `"${NAME}"` to keep the token out of the file.',
      ),
      mint: optional(mint).describe(
        "Signs a short-lived token for the caller's `sub` and scopes, with the audience of this upstream.",
      ),
    }),
  ],
  { error: expects(FORMS) },
)

/** TLS of a connection that the gateway or its composer opens. */
export const tls = section({
  ca_file: optional(text('a file')).describe(
    "File with the trusted certificate authorities, as PEM. Default: the system's.",
  ),
  cert_file: optional(text('a file')).describe(
    'File with the client certificate, as PEM, for mutual TLS.',
  ),
  key_file: optional(text('a file')).describe('File with the private key of `cert_file`, as PEM.'),
  server_name: optional(text('a host name')).describe(
    'Host name for SNI and for the check of the certificate. Default: the host of the URL.',
  ),
  verify: withDefault(flag(), true).describe(
    'Verifies the certificate. If false, an attacker on the network can read and change all traffic.',
  ),
})

const HEADERS =
  'a mapping of header names and values, without those that the connection or the gateway sets itself'

/** Credentials and connection of an upstream. */
export const connection = {
  credentials: withDefault(credentials, 'forward').describe(
    "Treatment of the caller's `Authorization` header: `forward` sends it unchanged, `none` removes it, `{ bearer: TOKEN }` and `{ mint: … }` replace it.",
  ),
  config_token: optional(token()).describe(
    "Bearer token for the gateway's own queries of the upstream's configuration and lists. Default: none.",
  ),
  service_accounts: withDefault(flag(), false).describe(
    'The upstream verifies AgentOS service-account tokens (`agno_pat_…`) itself, so the gateway forwards them without verification. Needs `credentials: forward`.',
  ),
  headers: withDefault(
    z.record(headerName(), headerValue(), { error: expects(HEADERS) }),
    {},
  ).describe(
    "Headers added to every request to this upstream, including the gateway's own. They replace the caller's headers of the same name.",
  ),
  cookies: optional(oneOf(['forward', 'none', 'all'])).describe(
    'Cookies between caller and upstream: `forward` passes all except the cookie with the token, `all` passes that one too, `none` passes none. Default: `forward` for a single upstream; `none` for several, because a cookie of one would be sent to all.',
  ),
  tls: optional(tls).describe('TLS of the connection to an `https://` upstream.'),
}

/** `tls` after parsing. */
export type FileTls = z.output<typeof tls>
