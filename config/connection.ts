/** Resolves the connection keys of an upstream: reads and checks its TLS files. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { ParseIssue } from './explain.ts'
import { algorithmsOf } from './jwk.ts'
import type { ReadText } from './jwt-keys.ts'
import { checkSecret } from './jwt-keys.ts'
import type { FileConfig, FileUpstream } from './schema.ts'
import type { FileTls } from './schema-connection.ts'
import type { TlsConfig } from './tls-types.ts'
import type { CredentialPolicy, MintPolicy, UpstreamConfig } from './types.ts'

/** Reader of files and collector of errors. */
export interface Resolving {
  readonly read: ReadText
  readonly issues: ParseIssue[]
}

type Connection = Pick<
  UpstreamConfig,
  'credentials' | 'configToken' | 'serviceAccounts' | 'headers' | 'cookies' | 'tls'
>

/** @param path of the upstream in the file */
export function toConnection(
  entry: FileUpstream,
  path: readonly PropertyKey[],
  file: FileConfig,
  { read, issues }: Resolving,
): Connection {
  const fail = (key: string, message: string): undefined => {
    issues.push({ path: [...path, key], message })
  }
  const credentials = attempt('credentials', fail, () => toCredentials(entry, file, read))
  if (entry.service_accounts && credentials && credentials.kind !== 'forward') {
    fail(
      'service_accounts',
      "needs credentials: forward, because the upstream verifies the callers' tokens",
    )
  }
  return {
    credentials: credentials ?? { kind: 'none' },
    configToken: entry.config_token,
    serviceAccounts: entry.service_accounts,
    headers: Object.entries(entry.headers).flat(),
    cookies: entry.cookies ?? (file.upstreams.length > 1 ? 'none' : 'forward'),
    tls: resolveTls(entry.tls, [...path, 'tls'], { read, issues }),
  }
}

/** Runs a function and records its error under a key. */
function attempt<T>(
  key: string,
  fail: (key: string, message: string) => undefined,
  make: () => T,
): T | undefined {
  try {
    return make()
  } catch (error) {
    return fail(key, error instanceof Error ? error.message : String(error))
  }
}

function toCredentials(
  { credentials }: FileUpstream,
  { auth, id }: FileConfig,
  read: ReadText,
): CredentialPolicy {
  if (typeof credentials === 'string') return { kind: credentials }
  const { bearer, mint } = credentials
  if (mint !== undefined && bearer === undefined) {
    if (auth.mode === undefined || auth.mode === 'none') {
      throw new Error(
        'mint needs auth.mode: jwt or api_key, because tokens are minted for verified callers',
      )
    }
    return toMint(mint, id, read)
  }
  if (bearer === undefined || mint !== undefined) throw new Error('write bearer or mint')
  return { kind: 'bearer', token: bearer }
}

type FileMint = NonNullable<Exclude<FileUpstream['credentials'], string>['mint']>

function toMint(mint: FileMint, gatewayId: string, read: ReadText): MintPolicy {
  return {
    kind: 'mint',
    alg: mint.alg,
    key: mint.alg.startsWith('HS') ? secretOf(mint, read) : privateKeyOf(mint, read),
    kid: mint.kid,
    audience: mint.audience,
    issuer: mint.issuer ?? gatewayId,
    ttlMs: mint.ttl,
    claims: mint.claims,
  }
}

function secretOf(mint: FileMint, read: ReadText): string {
  const { alg, secret, secret_file: file } = mint
  if ((secret === undefined) === (file === undefined) || mint.private_key_file !== undefined) {
    throw new Error(`mint with ${alg} needs either secret or secret_file`)
  }
  const checked = checkSecret(secret ?? read(file ?? ''))
  if ('problem' in checked) throw new Error(checked.problem)
  return checked.text
}

function privateKeyOf(mint: FileMint, read: ReadText): string {
  const { alg, private_key_file: file } = mint
  if (file === undefined || mint.secret !== undefined || mint.secret_file !== undefined) {
    throw new Error(`mint with ${alg} needs private_key_file`)
  }
  const pem = read(file)
  const key = privateKey(pem, 'private_key_file')
  if (!algorithmsOf(key).includes(alg)) throw new Error(`private_key_file does not fit ${alg}`)
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

function privateKey(pem: string, name: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch {
    throw new Error(`${name} is not a PEM private key`)
  }
}

/** Reads the files of `tls`. @param path of `tls` in the file */
export function resolveTls(
  tls: FileTls | undefined,
  path: readonly PropertyKey[],
  { read, issues }: Resolving,
): TlsConfig | undefined {
  try {
    return toTls(tls, read)
  } catch (error) {
    issues.push({ path, message: (error as Error).message })
    return undefined
  }
}

/**
 * Reads the files of `tls`.
 *
 * @throws Error with a message for users
 */
function toTls(tls: FileTls | undefined, read: ReadText): TlsConfig | undefined {
  if (tls === undefined) return undefined
  const { cert_file: certFile, key_file: keyFile, ca_file: caFile } = tls
  const pair = certFile === undefined && keyFile === undefined ? undefined : keyPair(tls, read)
  const ca = caFile === undefined ? undefined : read(caFile)
  if (ca !== undefined) certificate(ca, 'ca_file')
  return { ca, cert: pair?.cert, key: pair?.key, serverName: tls.server_name, verify: tls.verify }
}

/**
 * Checks a certificate and its key, as PEM.
 *
 * @throws Error with a message for users, when one is missing or they do not match
 */
export function keyPair(
  { cert_file: certFile, key_file: keyFile }: Pick<FileTls, 'cert_file' | 'key_file'>,
  read: ReadText,
): { cert: string; key: string } {
  if (certFile === undefined || keyFile === undefined) {
    throw new Error('cert_file and key_file need each other')
  }
  const cert = read(certFile)
  const key = read(keyFile)
  if (!certificate(cert, 'cert_file').checkPrivateKey(privateKey(key, 'key_file'))) {
    throw new Error('key_file does not match cert_file')
  }
  return { cert, key }
}

/** @param name of the key, for the message @throws Error with a message for users */
export function certificate(pem: string, name: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch {
    throw new Error(`${name} is not a PEM certificate`)
  }
}
