/** Requires the administrator for routes that show or change the gateway itself. */
import type { GatewayConfig } from '../../config/types.ts'
import { scopesIn } from '../auth/access.ts'
import type { Caller } from '../auth/caller.ts'
import { GatewayError } from '../errors.ts'

/** The members of a request that this check reads. */
export interface AdminRequest {
  readonly caller: Caller
  readonly gateway: { readonly config: GatewayConfig }
}

/**
 * Requires the security key or the admin scope. Every caller passes when authentication is off.
 *
 * @throws {GatewayError} `AGW_FORBIDDEN`
 */
export function assertAdmin({ caller, gateway }: AdminRequest): void {
  const { mode, adminScope, scopesClaim } = gateway.config.auth
  if (mode === 'none' || caller.kind === 'root' || caller.access?.isAdmin) return
  const { claims } = caller
  if (claims && scopesIn(claims[scopesClaim]).includes(adminScope)) return
  const detail = `Insufficient permissions. Required scope(s): ${adminScope}`
  throw new GatewayError('AGW_FORBIDDEN', { detail })
}
