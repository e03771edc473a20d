/** Decides which token identifies the caller of a run to the gateway: the caller's own, or a signed identity. */
import { signIdentity } from '../src/auth/run-identity.ts'
import { nowSeconds } from '../src/compose/ids.ts'
import type { Caller } from './caller.ts'
import type { KeptRequest } from './run-request.ts'

/** A token that expires within this time may expire on its way, in seconds. */
const MARGIN_S = 5

/**
 * Returns the token of a request that is sent now. The gateway has verified the caller's token at the start of the run,
 * so a run that outlasts it continues with its caller's rights, as after a crash.
 *
 * @param caller undefined for a caller that is gone
 * @param secret signs identities; undefined where the gateway accepts none
 */
export function tokenFor(
  { hadToken, claims, key }: KeptRequest,
  caller: Caller | undefined,
  secret: string | undefined,
): string | undefined {
  // The identity of an API key is signed for each request, because it expires.
  const isUsable = caller !== undefined && caller.key === undefined && !hasExpired(caller)
  if (isUsable || secret === undefined || !hadToken) return caller?.authToken
  return signIdentity(secret, { claims: claims ?? null, key }, nowSeconds())
}

function hasExpired({ claims }: Caller): boolean {
  const { exp } = claims ?? {}
  return typeof exp === 'number' && exp - MARGIN_S <= nowSeconds()
}
