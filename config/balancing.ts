/** Defines the keys of an upstream that distribute requests over its replicas. */
import * as z from 'zod'
import {
  baseUrl,
  count,
  duration,
  expects,
  flag,
  list,
  oneOf,
  optional,
  path,
  section,
  withDefault,
} from './fields.ts'
import { meantFlag, meantWord } from './meant-value.ts'
import type { BalancingConfig } from './types.ts'

const replica = z
  .union(
    [
      baseUrl(),
      section({
        url: baseUrl().describe('Base URL of the replica.'),
        weight: withDefault(count(1, 1000), 1).describe(
          'Share of the requests, relative to the weights of the other replicas.',
        ),
      }),
    ],
    { error: expects('a URL or { url: URL, weight: NUMBER }') },
  )
  .transform((value) => (typeof value === 'string' ? { url: value, weight: 1 } : value))

const policy = z
  .union(
    [
      oneOf(['least_inflight', 'round_robin']),
      section({
        hash: oneOf(['session_id', 'user_id']).describe(
          'Requests with the same value go to the same replica while it is available.',
        ),
      }),
    ],
    {
      error: expects('least_inflight, round_robin or { hash: session_id }', (input) =>
        meantWord(input, ['least_inflight', 'round_robin']),
      ),
    },
  )
  .transform((value) =>
    typeof value === 'string' ? { kind: value } : { kind: 'hash' as const, by: value.hash },
  )

const healthCheck = section({
  path: withDefault(path(), '/health').describe(
    'Path of the check; any status below 400 is healthy.',
  ),
  interval: withDefault(duration(), '10s').describe(
    'Interval of the checks, plus or minus a fifth.',
  ),
  timeout: withDefault(duration(), '3s').describe('Longest wait for the answer of a check.'),
  healthy_after: withDefault(count(1, 100), 1).describe(
    'Consecutive successful checks that readmit a replica.',
  ),
  unhealthy_after: withDefault(count(1, 100), 2).describe(
    'Consecutive failed checks that take a replica out.',
  ),
})

const ejection = section({
  after: withDefault(count(1, 1000), 3).describe('Consecutive failures that take a replica out.'),
  pause: withDefault(duration(), '1s').describe(
    'First pause before one request tries the replica again; doubles after each failure.',
  ),
  longest_pause: withDefault(duration(), '30s').describe('Longest pause before a try.'),
})

const queue = section({
  size: withDefault(count(0, 1_000_000), 100).describe(
    'Largest number of waiting requests; further ones get 503. 0 for none.',
  ),
  timeout: withDefault(duration(), '5s').describe('Longest wait of a request; then it gets 503.'),
})

/** Shape of the keys. */
export const balancing = {
  urls: optional(list(replica).min(1, { error: expects('at least one URL') })).describe(
    'Base URLs of the replicas of the AgentOS, each a URL or `{ url, weight }`. Either this or `url`.',
  ),
  policy: withDefault(policy, 'least_inflight').describe(
    'Choice among the available replicas: `least_inflight` takes the one with the fewest requests in flight, `round_robin` each in turn, `{ hash: session_id }` or `{ hash: user_id }` the same one for equal values.',
  ),
  health_check: optional(
    z.union([flag(), healthCheck], {
      error: expects('true, false or a mapping of keys', meantFlag),
    }),
  ).describe(
    'Checks the health of each replica periodically; `true` uses the defaults, `false` turns checks off. Default: true. A single replica without this key counts as healthy while it answers with a status below 500.',
  ),
  ejection: withDefault(ejection, {}).describe(
    'Takes a replica out after failed requests. Failures are: broken or refused connections, silence, 502, 504, and a 503 that is not from AgentOS.',
  ),
  slow_start: withDefault(duration('zero'), '10s').describe(
    'Time in which a readmitted replica gets less than its share; 0 for none.',
  ),
  max_inflight: optional(count(1, 1_000_000)).describe(
    'Largest number of requests in flight at one replica. Default: no limit.',
  ),
  queue: withDefault(queue, {}).describe(
    'Queue of requests while every replica has `max_inflight`.',
  ),
  dns_ttl: withDefault(duration(), '30s').describe('TTL of the resolved addresses of a host name.'),
}

const keys = section(balancing)

/** Defaults for an upstream that the file describes by its address only. */
export function defaultBalancing(): BalancingConfig {
  return toBalancing(keys.parse({}))
}

/** The meaning of `health_check: true`. */
const DEFAULT_HEALTH_CHECK = healthCheck.parse({})

/** Converts the keys to the program's types. */
export function toBalancing(entry: z.output<typeof keys>): BalancingConfig {
  const { ejection, queue } = entry
  return {
    weights: entry.urls?.map(({ weight }) => weight) ?? [],
    policy: entry.policy,
    healthCheck: toHealthCheck(entry),
    ejection: {
      after: ejection.after,
      pauseMs: ejection.pause,
      longestPauseMs: ejection.longest_pause,
      slowStartMs: entry.slow_start,
    },
    maxInflight: entry.max_inflight ?? 0,
    queue: { size: queue.size, timeoutMs: queue.timeout },
    dnsTtlMs: entry.dns_ttl,
  }
}

function toHealthCheck(entry: z.output<typeof keys>): BalancingConfig['healthCheck'] {
  const written = entry.health_check ?? true
  if (written === false) return undefined
  const check = written === true ? DEFAULT_HEALTH_CHECK : written
  // A proxy in front of a single replica may not pass `/health`: any answer below 500 counts as healthy.
  const isLenient = entry.health_check === undefined && (entry.urls?.length ?? 1) === 1
  return {
    unhealthyFrom: isLenient ? 500 : 400,
    path: check.path,
    intervalMs: check.interval,
    timeoutMs: check.timeout,
    healthyAfter: check.healthy_after,
    unhealthyAfter: check.unhealthy_after,
  }
}
