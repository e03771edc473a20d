/**
 * Finds settings that contradict MCP's rules for authorization. They hold once `faces.mcp.authorization_servers` lets
 * clients log in by OAuth.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization
 */
import type { GatewayConfig, UpstreamConfig } from './types.ts'

/** A setting that breaks a rule. */
export interface AuthorizationFault {
  /** Name of the upstream that has the setting; undefined for the face. */
  readonly upstream: string | undefined
  /** A sentence with the keys and the remedy. */
  readonly text: string
}

const KEY = 'faces.mcp.authorization_servers'

export function mcpAuthorizationFaults(config: GatewayConfig): AuthorizationFault[] {
  const { mcp } = config.faces
  if (mcp === undefined || mcp.authorizationServers.length === 0) return []
  const text = config.auth.mode === 'jwt' ? audienceFault(config, mcp.path) : NO_TOKENS
  return [
    ...(text === undefined ? [] : [{ upstream: undefined, text }]),
    ...config.upstreams.filter(forwards).map(passthrough),
  ]
}

const NO_TOKENS = `${KEY} has no effect without auth.mode: jwt`

/** A server must accept only tokens that were issued for its own URL. */
function audienceFault({ auth, publicUrl }: GatewayConfig, path: string): string | undefined {
  const resource = `${publicUrl ?? 'https://…'}${path}`
  const isListed =
    publicUrl === undefined
      ? auth.audience.some((audience) => audience.endsWith(path))
      : auth.audience.includes(resource)
  if (auth.verifyAudience && isListed) return undefined
  return `${KEY}: tokens of these servers are issued for ${resource}, and MCP forbids any other: set auth.verify_audience: true, and list this URL in auth.audience`
}

/** The composer, at a socket, is a part of the gateway. */
function forwards({ credentials, socketPath }: UpstreamConfig): boolean {
  return credentials.kind === 'forward' && socketPath === undefined
}

/** A server must not pass the token of its client on. */
function passthrough({ name }: UpstreamConfig): AuthorizationFault {
  const text = `upstream '${name}' gets the caller's token (credentials: forward), which MCP forbids with ${KEY}: use mint, bearer or none`
  return { upstream: name, text }
}
