/** Reads a background run again with the identity of its caller. */
import type { Gateway } from '../gateway.ts'
import { parseJson } from '../json/parse.ts'
import { percentEncoded } from '../parameters/path.ts'
import type { CallerRequest } from '../relay/upstream-headers.ts'
import { upstreamHeaders } from '../relay/upstream-headers.ts'

/** Reads the output of a run; undefined when it cannot be read. */
export type ReadRun = (runId: string, sessionId: string | undefined) => Promise<unknown>

/** Longest silence of the upstream, in milliseconds. */
const SILENCE_MS = 10_000

/** Where the run is. */
export interface RunPlace {
  /** Name of the upstream. */
  readonly upstream: string
  /** Path of the runs on the upstream, such as `/agents/echo/runs`. */
  readonly path: string
}

/**
 * @param request the request that started the run; a token that has expired meanwhile is sent all the same
 * @param engine the engine in force at the time of each reading, because a reload may replace the upstream
 * @throws {GatewayError} `AGW_UPSTREAM_*`, `AGW_NO_REPLICA`, `AGW_UNAUTHORIZED`
 */
export function runReader(
  request: CallerRequest,
  { upstream: name, path }: RunPlace,
  engine: () => Gateway,
): ReadRun {
  return async (runId, sessionId) => {
    const { upstreams, affinity } = engine()
    const upstream = upstreams.get(name)
    if (upstream === undefined) return undefined
    const owner = upstream.usesPreference ? await affinity.find('run', upstream, runId) : undefined
    const query = sessionId === undefined ? '' : `?session_id=${percentEncoded(sessionId)}`
    const { status, body } = await upstream.fetch(`${path}/${percentEncoded(runId)}${query}`, {
      headers: upstreamHeaders(request, upstream, {
        replacedBody: { contentType: undefined },
        isReadByGateway: true,
      }),
      silenceMs: SILENCE_MS,
      preference: { owner, bypassesLimit: true },
    })
    return status === 200 ? parseJson(body) : undefined
  }
}
