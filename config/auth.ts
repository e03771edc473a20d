/** Resolves the `auth` section of the file: reads keys and checks their settings. */
import { resolveApiKeys } from './api-keys.ts'
import type { ParseIssue } from './explain.ts'
import { keysOfSet } from './jwk.ts'
import { type ReadText, resolveJwtKey } from './jwt-keys.ts'
import type { FileConfig } from './schema.ts'
import type { AuthConfig, JwtKeyConfig } from './types.ts'

type FileAuth = FileConfig['auth']

/**
 * Reads the keys of the section and checks that its settings agree.
 *
 * @param read reads the key files
 * @param issues collects the errors
 */
export function resolveAuth(
  { auth, id }: FileConfig,
  read: ReadText,
  issues: ParseIssue[],
): AuthConfig {
  const keys = [...listedKeys(auth, read, issues), ...keysInFile(auth, read, issues)]
  for (const fault of faults(auth)) issues.push({ path: ['auth'], message: fault })
  return {
    mode: auth.mode ?? 'none',
    authorization: auth.authorization,
    adminScope: auth.admin_scope,
    scopesClaim: auth.scopes_claim,
    keys,
    apiKeys: resolveApiKeys(auth, issues),
    jwksUrl: auth.jwks_url,
    issuer: auth.issuer,
    verifyAudience: auth.verify_audience,
    audience: auth.audience ?? [id],
    clockToleranceMs: auth.clock_tolerance,
    tokenSource: auth.token_source,
    cookieName: auth.cookie_name,
    securityKey: auth.security_key,
  }
}

function listedKeys(auth: FileAuth, read: ReadText, issues: ParseIssue[]): JwtKeyConfig[] {
  const keys: JwtKeyConfig[] = []
  for (const [index, entry] of auth.keys.entries()) {
    const result = resolveJwtKey(entry, read)
    if ('key' in result) keys.push(result.key)
    else {
      const path = ['auth', 'keys', index, ...(result.at === undefined ? [] : [result.at])]
      issues.push({ path, message: result.problem })
    }
  }
  return keys
}

function keysInFile(
  { jwks_file: file }: FileAuth,
  read: ReadText,
  issues: ParseIssue[],
): readonly JwtKeyConfig[] {
  if (file === undefined) return []
  const fail = (message: string): [] => {
    issues.push({ path: ['auth', 'jwks_file'], message })
    return []
  }
  let document: unknown
  try {
    document = JSON.parse(read(file))
  } catch (error) {
    return fail(error instanceof SyntaxError ? 'is not JSON' : (error as Error).message)
  }
  const set = keysOfSet(document, true)
  if (set === undefined) return fail('is not a JSON Web Key Set ({ "keys": [ … ] })')
  return set.keys.length > 0 ? set.keys : fail('contains no key that verifies signatures')
}

/** Contradictory settings. They are errors, because the user relies on every written setting. */
function faults(auth: FileAuth): string[] {
  const hasKeys =
    auth.keys.length > 0 || auth.jwks_file !== undefined || auth.jwks_url !== undefined
  const found: string[] = []
  const hasApiKeys = auth.api_keys.length > 0
  if (auth.mode === 'jwt' && !hasKeys) {
    found.push(
      'mode jwt needs keys, for example keys: [{ alg: HS256, secret: "${JWT_SECRET_KEY}" }]',
    )
  }
  if (auth.mode === 'api_key' && !hasApiKeys) {
    found.push(
      'mode api_key needs api_keys: make one with `agentos-gateway key create --name NAME`',
    )
  }
  if (auth.mode === 'api_key' && hasKeys) {
    found.push('mode api_key accepts no tokens: write mode: jwt to accept tokens and api_keys')
  }
  if (hasApiKeys && (auth.mode === 'none' || auth.mode === 'security_key')) {
    found.push('api_keys need mode: api_key, or mode: jwt to accept tokens too')
  }
  if (auth.mode === 'security_key' && auth.security_key === undefined) {
    found.push('mode security_key needs security_key: "${OS_SECURITY_KEY}"')
  }
  const isAsked = hasKeys || auth.verify_audience || auth.issuer !== undefined
  if (auth.mode === undefined && (isAsked || hasApiKeys || auth.security_key !== undefined)) {
    const mode = isAsked ? 'jwt' : hasApiKeys ? 'api_key' : 'security_key'
    found.push(`write mode: ${mode} to require tokens, or mode: none to accept every caller`)
  }
  if (auth.authorization && auth.mode !== 'jwt') {
    found.push('authorization needs mode: jwt, because scopes are in tokens')
  }
  if (auth.audience !== undefined && !auth.verify_audience) {
    found.push('audience has no effect without verify_audience: true')
  }
  return found
}
