/** Finds settings of a valid configuration that leave it open to attack. Reads values only; sends no request. */
import type { GatewayConfig, JwtAlgorithm } from './types.ts'

/**
 * Smallest size of a shared secret in bytes: the size of the hash. @see
 * https://www.rfc-editor.org/rfc/rfc7518#section-3.2
 */
const LEAST_SECRET_BYTES: Partial<Record<JwtAlgorithm, number>> = {
  HS256: 32,
  HS384: 48,
  HS512: 64,
}
/** Smallest size of the secret that signs MCP's form states: the size of the hash. */
const LEAST_STATE_SECRET_BYTES = 32
/** Time before the expiry of an API key at which a warning begins. */
const KEY_NOTICE_MS = 14 * 86_400_000
/** Smallest size of a security key in bytes: 128 bits cannot be guessed online. */
const LEAST_KEY_BYTES = 16

/**
 * Returns sentences with the key and the remedy, never the secret.
 *
 * @param host address of the listener, if it differs from the configuration's
 */
export function configWarnings(config: GatewayConfig, host = config.listen.host): string[] {
  return [...openDoor(config, host), ...weakSecrets(config), ...endingKeys(config)]
}

function endingKeys({ auth }: GatewayConfig): string[] {
  return auth.apiKeys.flatMap(({ name, expiresAtMs = Number.POSITIVE_INFINITY }) => {
    const leftMs = expiresAtMs - Date.now()
    if (leftMs > KEY_NOTICE_MS) return []
    const date = new Date(expiresAtMs).toISOString()
    const verb = leftMs > 0 ? 'expires' : 'expired'
    return [`auth.api_keys: the key '${name}' ${verb} at ${date}. Make another, or remove it`]
  })
}

/** Without authentication, every client that reaches the port may run everything. */
function openDoor({ auth }: GatewayConfig, host: string): string[] {
  if (auth.mode !== 'none' || isLoopback(host)) return []
  return [
    `AUTHENTICATION IS OFF and the gateway listens on ${host}: anyone who can reach this address can run every component. Set auth.mode: jwt`,
  ]
}

/** Warning of a composer that listens on TCP. It trusts every token, because its gateway has verified it. */
export function composerWarnings(host: string): string[] {
  if (isLoopback(host)) return []
  return [
    `the composer trusts every token and listens on ${host}: anyone who can reach this address can act as any caller. Let only the gateway reach it`,
  ]
}

function isLoopback(host: string): boolean {
  const plain = host.replace(/^\[|\]$/g, '').replace(/^::ffff:/i, '')
  return plain === '::1' || plain === 'localhost' || /^127(?:\.\d{1,3}){3}$/.test(plain)
}

function weakSecrets({ auth, upstreams, faces }: GatewayConfig): string[] {
  const warnings: string[] = []
  for (const [index, { alg, key }] of auth.keys.entries()) {
    warnings.push(...weakSecret(`auth.keys[${index}]`, alg, key))
  }
  for (const { name, credentials } of upstreams) {
    if (credentials.kind !== 'mint') continue
    warnings.push(
      ...weakSecret(`credentials.mint of upstream '${name}'`, credentials.alg, credentials.key),
    )
  }
  const { securityKey } = auth
  if (securityKey !== undefined && Buffer.byteLength(securityKey) < LEAST_KEY_BYTES) {
    warnings.push(
      `auth.security_key has ${Buffer.byteLength(securityKey)} bytes and can be guessed. Make one with \`openssl rand -base64 32\``,
    )
  }
  const stateBytes = Buffer.byteLength(
    faces.mcp?.stateSecret ?? ' '.repeat(LEAST_STATE_SECRET_BYTES),
  )
  if (stateBytes < LEAST_STATE_SECRET_BYTES) {
    warnings.push(
      `faces.mcp.state_secret has ${stateBytes} bytes and can be guessed. Make one with \`openssl rand -base64 32\``,
    )
  }
  return warnings
}

function weakSecret(where: string, alg: JwtAlgorithm, secret: string): string[] {
  const least = LEAST_SECRET_BYTES[alg]
  const bytes = Buffer.byteLength(secret)
  if (least === undefined || bytes >= least) return []
  return [
    `${where}: ${alg} needs a secret of at least ${least} bytes (RFC 7518 §3.2), but has ${bytes}: an attacker who guesses it can sign any token. Make one with \`openssl rand -base64 ${least}\``,
  ]
}
