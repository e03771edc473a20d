/** Which upstreams ask for a token: so that a client is told to bring one before it needs it. */

import { Caller } from '../auth/caller.ts'
import type { Gateway } from '../gateway.ts'
import { gather } from '../merge/gather.ts'
import type { Upstream } from '../upstream/upstream.ts'

export interface UpstreamAuth {
  /** Some upstream that is shown the caller's token asks for one. */
  readonly requiresAuth: boolean
  /** What AgentOS calls the credential. */
  readonly scheme: 'JWT' | 'bearer token'
  /** The one such upstream, where there is just one: its word on a token is the client's answer. */
  readonly only: Upstream | undefined
}

/** As the upstreams say in `/info`, which is open to everybody. An upstream that cannot be asked is not counted. */
export async function upstreamAuthOf({ discovery }: Gateway): Promise<UpstreamAuth> {
  const gatherRequest = { caller: new Caller(undefined), isFreshWanted: false }
  const { shares } = await gather(discovery, gatherRequest, (upstream) =>
    discovery.get(upstream, '/info', { key: 'open', authorization: undefined }, false),
  )
  const locked = shares.flatMap(({ upstream, answer }) => {
    const mode = (answer.json as { auth_mode?: unknown }).auth_mode
    const isShown = upstream.config.credentials.kind === 'forward'
    return isShown && typeof mode === 'string' && mode !== 'none' ? [{ upstream, mode }] : []
  })
  return {
    requiresAuth: locked.length > 0,
    scheme: locked.some(({ mode }) => mode === 'security_key') ? 'bearer token' : 'JWT',
    only: locked.length === 1 ? locked[0]?.upstream : undefined,
  }
}
