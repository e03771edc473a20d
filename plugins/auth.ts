/** Verifies the caller's bearer token, in AgentOS's own words. Without keys it lets everybody in. */
import jwt from '@fastify/jwt'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { AuthConfig, JwtKeyConfig } from '../config/types.ts'
import { GatewayError } from '../src/errors.ts'

/** Claims of a verified token. */
export interface Claims {
  readonly sub?: string
  readonly scopes?: readonly string[]
  readonly aud?: string | readonly string[]
  readonly [claim: string]: unknown
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Claims of the caller's token; null where none was asked for. */
    claims: Claims | null
  }
}

/** Open in AgentOS whatever its mode. */
const OPEN_PATHS = new Set(['/', '/health', '/info'])
/** Longest token that is looked at, in characters. */
const LONGEST_TOKEN = 16 * 1024

type Verify = (token: string) => Claims

export default fp<{ auth: AuthConfig; audience: string }>(
  async (app, { auth, audience }) => {
    app.decorateRequest('claims', null)
    if (auth.mode === 'none') return
    const verify = await verifier(app, auth, audience)
    app.addHook('onRequest', (request, _reply, done) => {
      if (request.method === 'OPTIONS' || OPEN_PATHS.has(request.routeOptions.url ?? '')) {
        done()
        return
      }
      try {
        request.claims = verify(bearerOf(request))
        done()
      } catch (error) {
        done(error as Error)
      }
    })
  },
  { name: 'auth', dependencies: ['errors'] },
)

/** @throws {GatewayError} `AGW_UNAUTHORIZED` when there is none */
function bearerOf(request: FastifyRequest): string {
  const header = request.headers.authorization
  // AgentOS takes "Bearer <token>" and the bare token.
  const token = header?.replace(/^bearer /i, '').trim()
  if (!token) throw new GatewayError('AGW_UNAUTHORIZED')
  if (token.length > LONGEST_TOKEN) throw unauthorized('Invalid token: Token is too long')
  return token
}

/** One @fastify/jwt namespace a key, so that each key verifies with its own algorithm and nothing else. */
async function verifier(app: FastifyInstance, auth: AuthConfig, audience: string): Promise<Verify> {
  const keys = auth.keys.map((key, index) => ({ ...key, namespace: `key${index}` }))
  for (const key of keys) {
    await app.register(jwt, {
      namespace: key.namespace,
      secret: key.alg.startsWith('HS') ? key.key : { public: key.key, private: '' },
      verify: {
        algorithms: [key.alg],
        cache: 1_000,
        errorCacheTTL: 0,
        ...(auth.verifyAudience && { allowedAud: audience, requiredClaims: ['aud'] }),
      },
    })
  }
  const namespaces = app.jwt as unknown as Record<string, { verify(token: string): Claims }>
  return (token) => {
    const header = headerOf(token)
    const fitting = keys.filter((key) => fits(key, header))
    if (fitting.length === 0)
      throw unauthorized('Invalid token: The specified alg value is not allowed')
    let failure: unknown
    for (const { namespace } of fitting) {
      try {
        return (namespaces[namespace] as { verify: Verify }).verify(token)
      } catch (error) {
        failure = error
        if (codeOf(error) !== 'FAST_JWT_INVALID_SIGNATURE') break
      }
    }
    throw inAgentOsWords(failure)
  }
}

interface TokenHeader {
  readonly alg?: unknown
  readonly kid?: unknown
}

function fits(key: JwtKeyConfig, header: TokenHeader): boolean {
  return key.alg === header.alg && (key.kid === undefined || key.kid === header.kid)
}

function headerOf(token: string): TokenHeader {
  const segments = token.split('.')
  if (segments.length < 3) throw unauthorized('Invalid token: Not enough segments')
  try {
    return JSON.parse(
      Buffer.from(segments[0] as string, 'base64url').toString('utf8'),
    ) as TokenHeader
  } catch (cause) {
    throw unauthorized('Invalid token: Invalid header string', cause)
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

/** What PyJWT, and so AgentOS, says of the same fault. */
const WORDS: Readonly<Record<string, string>> = {
  FAST_JWT_EXPIRED: 'Token has expired',
  FST_JWT_AUTHORIZATION_TOKEN_EXPIRED: 'Token has expired',
  FAST_JWT_INACTIVE: 'Invalid token: The token is not yet valid (nbf)',
  FAST_JWT_INVALID_SIGNATURE: 'Invalid token: Signature verification failed',
  FAST_JWT_MISSING_SIGNATURE: 'Invalid token: Signature verification failed',
  FAST_JWT_INVALID_ALGORITHM: 'Invalid token: The specified alg value is not allowed',
  FAST_JWT_INVALID_CLAIM_VALUE:
    'Invalid token audience - token not valid for this AgentOS instance',
  FAST_JWT_MISSING_REQUIRED_CLAIM:
    'Invalid token audience - token not valid for this AgentOS instance',
}

function inAgentOsWords(error: unknown): GatewayError {
  return unauthorized(WORDS[codeOf(error)] ?? 'Invalid token: Invalid payload', error)
}

function unauthorized(detail: string, cause?: unknown): GatewayError {
  return new GatewayError('AGW_UNAUTHORIZED', { detail, cause })
}
