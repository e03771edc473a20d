/** Resolves `auth.api_keys` of the file, and finds keys that contradict each other. */
import type { ParseIssue } from './explain.ts'
import { isReservedSubject } from './reserved-subjects.ts'
import type { FileConfig } from './schema.ts'
import type { FileApiKey } from './schema-auth.ts'
import type { ApiKeyConfig } from './types.ts'

/** Claims that the gateway sets, with the key of the file that decides about them. */
const OWN_CLAIMS: ReadonlyMap<string, string> = new Map([
  ['sub', 'write user'],
  ['exp', 'write expires_at'],
  ...['nbf', 'iat', 'jti', 'aud', 'iss'].map((claim) => [claim, 'only tokens have it'] as const),
])

/** @param issues collects the errors */
export function resolveApiKeys(
  { api_keys: keys, scopes_claim: scopesClaim }: FileConfig['auth'],
  issues: ParseIssue[],
): ApiKeyConfig[] {
  const names = new Map<string, number>()
  const digests = new Map<string, number>()
  for (const [index, key] of keys.entries()) {
    const fail = (at: readonly PropertyKey[], message: string) =>
      issues.push({ path: ['auth', 'api_keys', index, ...at], message })
    const same = names.get(key.name)
    if (same !== undefined) fail(['name'], `auth.api_keys[${same}] has this name already`)
    names.set(key.name, index)
    for (const digest of key.sha256) {
      const other = digests.get(digest)
      if (other !== undefined) fail(['sha256'], `auth.api_keys[${other}] has this key already`)
      digests.set(digest, index)
    }
    if (key.user !== undefined && isReservedSubject(key.user)) {
      fail(['user'], 'is a user id that AgentOS issues itself')
    }
    for (const claim of Object.keys(key.claims)) {
      const remedy = claim === scopesClaim ? 'write scopes' : OWN_CLAIMS.get(claim)
      if (remedy !== undefined) fail(['claims', claim], `is set by the gateway: ${remedy}`)
    }
  }
  return keys.map(toApiKey)
}

function toApiKey(key: FileApiKey): ApiKeyConfig {
  const { name, sha256: digests, scopes, user, claims, expires_at: expiresAtMs } = key
  return { name, digests, scopes, user, claims, expiresAtMs }
}
