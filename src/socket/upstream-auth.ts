/** Finds out which upstreams need the caller's token, so that the first frame can ask for it. */

import { Caller } from '../auth/caller.ts'
import type { Gateway } from '../gateway.ts'
import { gather } from '../merge/gather.ts'
import type { Upstream } from '../upstream/upstream.ts'

export interface UpstreamAuth {
  /** At least one upstream that gets the caller's token needs one. */
  readonly requiresAuth: boolean
  /** AgentOS's name of the credential. */
  readonly scheme: 'JWT' | 'bearer token'
  /** The only such upstream, whose reply to a token is forwarded; undefined for none or several. */
  readonly only: Upstream | undefined
}

/** Reads `auth_mode` in `/info`, which is public. An unreachable upstream is not counted. */
export async function upstreamAuthOf({ discovery }: Gateway): Promise<UpstreamAuth> {
  const anonymousRequest = { caller: new Caller(undefined), isFreshWanted: false }
  const { shares } = await gather(discovery, anonymousRequest, (upstream) =>
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
