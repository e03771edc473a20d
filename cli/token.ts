/** `agentos-gateway token`: creates a test token that the configuration accepts. */
import type { AuthConfig, GatewayConfig } from '../config/types.ts'
import { parseDuration } from '../config/units.ts'
import { readKeyFile } from './key-file.ts'
import type { GivenOptions } from './option-table.ts'
import { scopesIn, UsageError } from './option-table.ts'
import { givenConfig } from './options.ts'
import { scopeNotes } from './scope-notes.ts'
import type { SigningKey } from './signing-key.ts'
import { keyFrom, keyOfConfig, sign, verifies } from './signing-key.ts'

const DEFAULT_LIFE = '1h'

/**
 * Prints a token on standard output, and notes on standard error.
 *
 * @returns exit code: 0, or 1 without a signing key
 * @throws {UsageError} for contradictory options
 * @throws {ConfigError} for an invalid configuration
 */
export function token(options: GivenOptions): number {
  const config = configOf(options)
  const auth = config?.auth
  const found = signingKey(options, auth)
  if ('problem' in found) {
    process.stderr.write(`agentos-gateway: ${found.problem}\n`)
    return 1
  }
  const claims = claimsOf(options, auth)
  const made = sign(claims, found.key)
  process.stdout.write(`${made}\n`)
  const notes = [
    ...scopeNotes(scopesIn(options), auth?.adminScope),
    ...notesOn(made, claims, options, auth),
  ]
  for (const note of notes) process.stderr.write(`note: ${note}\n`)
  return 0
}

/** Loads the configuration; not needed with a key on the command line. */
function configOf(options: GivenOptions): GatewayConfig | undefined {
  const { config } = options
  if (config !== undefined) return givenConfig({ config })
  const bringsKey = options.secret !== undefined || options['key-file'] !== undefined
  return bringsKey ? undefined : givenConfig({})
}

function signingKey(
  options: GivenOptions,
  auth: AuthConfig | undefined,
): { readonly key: SigningKey } | { readonly problem: string } {
  const { secret, alg, kid, 'key-file': file } = options
  if (secret !== undefined && file !== undefined) {
    throw new UsageError('give --secret or --key-file, not both')
  }
  if (secret !== undefined) return keyFrom(secret, { alg, kid })
  if (file !== undefined) return keyFrom(readKeyFile(file), { alg, kid, auth })
  return keyOfConfig(auth, { alg, kid })
}

function claimsOf(options: GivenOptions, auth: AuthConfig | undefined): Record<string, unknown> {
  const { sub = 'test-user', 'expires-in': life = DEFAULT_LIFE } = options
  const lifeMs = parseDuration(/^\d+$/.test(life) ? Number(life) : life)
  if (!lifeMs) throw new UsageError(`--expires-in needs a duration such as 15m, not '${life}'`)
  const scopes = scopesIn(options)
  const audience = options.aud ?? (auth?.verifyAudience ? auth.audience.slice(0, 1) : [])
  const issuer = options.iss ?? auth?.issuer
  const iat = Math.floor(Date.now() / 1000)
  return {
    sub,
    ...(scopes.length > 0 && { [auth?.scopesClaim ?? 'scopes']: scopes }),
    ...(audience.length > 0 && { aud: audience.length === 1 ? audience[0] : audience }),
    ...(issuer !== undefined && { iss: issuer }),
    ...Object.fromEntries((options.claim ?? []).map(claimIn)),
    iat,
    exp: iat + Math.ceil(lifeMs / 1000),
  }
}

/** Parses `NAME=VALUE`. The value is JSON if it parses as such, otherwise text. */
function claimIn(given: string): [string, unknown] {
  const [, name, text = ''] = /^([^=]+)=(.*)$/s.exec(given) ?? []
  if (name === undefined) throw new UsageError(`--claim needs NAME=VALUE, not '${given}'`)
  try {
    return [name, JSON.parse(text)]
  } catch {
    return [name, text]
  }
}

/** Notes on properties of the token that could surprise its user. */
function notesOn(
  made: string,
  claims: Readonly<Record<string, unknown>>,
  { aud, iss }: GivenOptions,
  auth: AuthConfig | undefined,
): string[] {
  if (auth === undefined) return []
  const notes: string[] = []
  const { mode, authorization, scopesClaim, verifyAudience, audience, issuer } = auth
  if (mode !== 'jwt')
    notes.push(`auth.mode is ${mode}: the gateway does not verify this kind of token`)
  else if (!verifies(made, auth.keys)) {
    notes.push(
      auth.jwksUrl === undefined
        ? 'no key of the configuration verifies this token'
        : 'no key in the configuration verifies this token; a key at jwks_url may',
    )
  }
  if (authorization && claims[scopesClaim] === undefined) {
    notes.push('authorization is on, but the token has no scope: add --scope')
  }
  if (verifyAudience && aud !== undefined && !aud.some((name) => audience.includes(name))) {
    notes.push(`the gateway requires the audience ${audience.join(' or ')}`)
  }
  if (issuer !== undefined && iss !== undefined && iss !== issuer) {
    notes.push(`the gateway requires the issuer ${issuer}`)
  }
  return notes
}
