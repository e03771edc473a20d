/**
 * Serves `/gateway/access`: identity and rights of the caller's token, and the key that verified it. Administrators may
 * query other tokens.
 */
import type { FastifyInstance } from 'fastify'
import type { Caller } from '../../src/auth/caller.ts'
import { accessReport } from '../../src/authorization/access-report.ts'
import { assertAdmin } from '../../src/authorization/admin.ts'
import { GatewayError } from '../../src/errors.ts'
import type { Gateway } from '../../src/gateway.ts'
import { peekBody } from '../../src/relay/request-body.ts'

/** Longest body with a token, in bytes. */
const LONGEST_BODY = 64 * 1024

export default async function access(app: FastifyInstance) {
  const report = (caller: Caller, { config, discovery }: Gateway) =>
    accessReport(caller, {
      auth: config.auth,
      catalogue: discovery.current,
      authenticator: app.authenticatorOf(config),
      budgets: config.budgets,
    })

  app.get('/gateway/access', { config: { access: 'caller' } }, ({ caller, gateway }, reply) =>
    reply.header('cache-control', 'no-store').send(report(caller, gateway)),
  )

  app.post('/gateway/access', async (request, reply) => {
    assertAdmin(request)
    const { gateway } = request
    const token = tokenIn(await peekBody(request.raw, LONGEST_BODY))
    const caller = await app.authenticatorOf(gateway.config).authenticateToken(token)
    return reply.header('cache-control', 'no-store').send(report(caller, gateway))
  })
}

function tokenIn(body: Buffer): string {
  try {
    const { token } = JSON.parse(body.toString('utf8')) as { token?: unknown }
    if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) return token
  } catch {
    // Refused below.
  }
  throw new GatewayError('AGW_BODY_INVALID', { detail: 'expected {"token": "…"}' })
}
