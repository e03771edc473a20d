/** Makes API keys with the entries of the configuration that accept them. */
import { apiKeyDigest, createApiKey } from '../../src/auth/api-key.ts'
import { bearer } from './tokens.ts'

/** A key as its caller has it, and its entry in `auth.api_keys`. */
export function apiKey(name: string, more: object = {}) {
  const key = createApiKey()
  const entry = { name, sha256: apiKeyDigest(key), scopes: ['agent_os:admin'], ...more }
  return { key, entry, headers: bearer(key) }
}

/** The section `auth` that accepts these keys and nothing else. */
export function keyAuth(...keys: readonly { readonly entry: object }[]) {
  return { mode: 'api_key', api_keys: keys.map(({ entry }) => entry) }
}
