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
  alg: oneOf(JWT_ALGORITHMS).describe('Algorithm the tokens are signed with.'),
  secret: optional(text('a secret (in quotes when it looks like a number)')).describe(
    'Shared secret, for `HS*`. Write `"${NAME}"`, not the secret itself.',
  ),
  secret_file: optional(text('a file')).describe(
    'File with the shared secret, for `HS*`; relative to the configuration file. One line break at its end is dropped.',
  ),
  private_key_file: optional(text('a file')).describe(
    'File with the private key as PEM, for all but `HS*`; relative to the configuration file.',
  ),
  kid: optional(text('a key id')).describe('Key id that the tokens name. Default: none.'),
  audience: text('the audience of the upstream').describe(
    '`aud` of the tokens: the audience that this upstream checks, usually its `os_id`.',
  ),
  issuer: optional(text()).describe('`iss` of the tokens. Default: the `id` of the gateway.'),
  ttl: withDefault(duration(), '60s').describe(
    "How long a token is valid, at most as long as the caller's own.",
  ),
  claims: withDefault(list(text('the name of a claim')), []).describe(
    "Claims of the caller's token that are taken over, besides `sub` and the scopes.",
  ),
})

const FORMS = 'forward, none, { bearer: TOKEN } or { mint: { alg, secret, audience } }'

const credentials = z.union(
  [
    oneOf(['forward', 'none']),
    section({
      bearer: optional(token()).describe(
        'Token sent in place of the caller\'s. Write `"${NAME}"`, not the token itself.',
      ),
      mint: optional(mint).describe(
        "Signs a short-lived token for the caller's `sub` and scopes, with the audience of this upstream.",
      ),
    }),
  ],
  { error: expects(FORMS) },
)

const tls = section({
  ca_file: optional(text('a file')).describe(
    "File with the certificate authorities that are believed, as PEM. Default: the system's.",
  ),
  cert_file: optional(text('a file')).describe(
    'File with the certificate that the gateway shows, as PEM, for mutual TLS.',
  ),
  key_file: optional(text('a file')).describe('File with the private key of `cert_file`, as PEM.'),
  server_name: optional(text('a host name')).describe(
    'Name the certificate has to be for, and that is asked for. Default: the host of the URL.',
  ),
  verify: withDefault(flag(), true).describe(
    'Whether the certificate is verified. Without it, anybody in between can read and change everything.',
  ),
})

const HEADERS =
  'a mapping of header names and values, without those that the connection or the gateway sets itself'

/** Credentials and connection of an upstream. */
export const connection = {
  credentials: withDefault(credentials, 'forward').describe(
    "What happens to the caller's `Authorization` header: `forward` sends it as it came, `none` removes it, `{ bearer: TOKEN }` and `{ mint: … }` replace it.",
  ),
  config_token: optional(token()).describe(
    "Bearer token of the gateway's own requests for the upstream's configuration. Default: none.",
  ),
  service_accounts: withDefault(flag(), false).describe(
    'The upstream checks AgentOS service-account tokens (`agno_pat_…`) itself: callers with one are passed on to it, unchecked by the gateway. Needs `credentials: forward`.',
  ),
  headers: withDefault(
    z.record(headerName(), headerValue(), { error: expects(HEADERS) }),
    {},
  ).describe(
    "Headers added to every request to this upstream, the gateway's own too; they replace the caller's of the same name.",
  ),
  cookies: optional(oneOf(['forward', 'none', 'all'])).describe(
    'Cookies between caller and upstream: `forward` passes them on, without the one that holds the token; `all` passes that one too; `none` passes none. Default: `forward` for the only upstream, `none` where there are several, since a cookie that one sets would be sent to all.',
  ),
  tls: optional(tls).describe('How an `https://` upstream is connected to.'),
}

/** `tls` after parsing. */
export type FileTls = z.output<typeof tls>
