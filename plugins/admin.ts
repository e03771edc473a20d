/** Who may see and change the gateway itself. */
import type { FastifyRequest } from 'fastify'
import { scopesIn } from '../src/auth/access.ts'
import { GatewayError } from '../src/errors.ts'

/**
 * Whoever holds the security key or the admin scope; everybody where nobody is asked who they are.
 *
 * @throws {GatewayError} `AGW_FORBIDDEN`
 */
export function assertAdmin({ caller, gateway }: FastifyRequest): void {
  const { mode, adminScope, scopesClaim } = gateway.config.auth
  if (mode === 'none' || caller.kind === 'root' || caller.access?.isAdmin) return
  const { claims } = caller
  if (claims && scopesIn(claims[scopesClaim]).includes(adminScope)) return
  const detail = `Insufficient permissions. Required scope(s): ${adminScope}`
  throw new GatewayError('AGW_FORBIDDEN', { detail })
}
