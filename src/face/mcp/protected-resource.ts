/** Builds the metadata of a protected resource (RFC 9728), and the challenge that names it (RFC 6750 §3). */

export const METADATA_PATH = '/.well-known/oauth-protected-resource'

/** The MCP server as an OAuth resource. */
export interface ProtectedResource {
  /** Base URL of the gateway, without a trailing slash. */
  readonly publicUrl: string
  /** Such as `/mcp`. */
  readonly path: string
  readonly name: string
  /** Issuers whose tokens the gateway accepts. */
  readonly authorizationServers: readonly string[]
}

const SCOPES = ['agents:read', 'agents:run', 'teams:read', 'teams:run'] as const
const MORE_SCOPES = ['workflows:read', 'workflows:run', 'sessions:read', 'config:read'] as const

/** @see https://www.rfc-editor.org/rfc/rfc9728#section-2 */
export function resourceMetadata(resource: ProtectedResource): Readonly<Record<string, unknown>> {
  const { publicUrl, path, name, authorizationServers } = resource
  return {
    resource: publicUrl + path,
    resource_name: name,
    ...(authorizationServers.length > 0 && { authorization_servers: authorizationServers }),
    bearer_methods_supported: ['header'],
    scopes_supported: [...SCOPES, ...MORE_SCOPES],
  }
}

/**
 * Address of the metadata. The path of the resource follows the well-known path, so a gateway below a base path needs that
 * path at the root of its host (RFC 9728 §3.1).
 */
export function metadataUrl({ publicUrl, path }: Pick<ProtectedResource, 'publicUrl' | 'path'>) {
  const base = URL.parse(publicUrl)
  if (base === null) return publicUrl + METADATA_PATH + path
  return base.origin + METADATA_PATH + base.pathname.replace(/\/+$/, '') + path
}

/**
 * Value of `www-authenticate`.
 *
 * @param missingScopes scopes that the token lacks; empty when there is no valid token
 */
export function challenge(
  resource: Pick<ProtectedResource, 'publicUrl' | 'path'>,
  missingScopes: readonly string[] = [],
): string {
  const parameters = [`resource_metadata="${metadataUrl(resource)}"`]
  if (missingScopes.length > 0) {
    parameters.unshift('error="insufficient_scope"', `scope="${missingScopes.join(' ')}"`)
  }
  return `Bearer ${parameters.join(', ')}`
}
