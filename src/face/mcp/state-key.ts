/** Derives the key that signs the state of forms. Equal configurations have equal keys, so workers and gateways share it. */
import { hkdfSync } from 'node:crypto'
import type { GatewayConfig } from '../../../config/types.ts'

const KEY_BYTES = 32
const PURPOSE = 'agentos-gateway mcp request state'
const KEYS = new WeakMap<GatewayConfig, Uint8Array>()

/**
 * The key of a configuration. It is only as secret as the configuration: without any secret in it, the signature shows
 * damage and no forgery.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5869
 */
export function stateKeyOf(config: GatewayConfig): Uint8Array {
  const known = KEYS.get(config)
  if (known) return known
  const secret = config.faces.mcp?.stateSecret ?? JSON.stringify(secretsOf(config))
  const key = new Uint8Array(hkdfSync('sha256', secret, config.id, PURPOSE, KEY_BYTES))
  KEYS.set(config, key)
  return key
}

function secretsOf({ auth, store, upstreams }: GatewayConfig): unknown[] {
  const sent = upstreams.map(({ configToken, credentials, headers }) => [
    configToken,
    credentials.kind === 'bearer' && credentials.token,
    credentials.kind === 'mint' && credentials.key,
    headers,
  ])
  const digests = auth.apiKeys.flatMap((key) => key.digests)
  return [auth.securityKey, auth.keys.map(({ key }) => key), digests, store, sent]
}
