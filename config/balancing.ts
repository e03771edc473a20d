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
          'Share of the requests, beside the shares of the others.',
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
    'Path that is asked; any status below 400 is healthy.',
  ),
  interval: withDefault(duration(), '10s').describe(
    'Pause between two checks, give or take a fifth.',
  ),
  timeout: withDefault(duration(), '3s').describe('Longest wait for the answer.'),
  healthy_after: withDefault(count(1, 100), 1).describe(
    'Good checks in a row that bring a replica back.',
  ),
  unhealthy_after: withDefault(count(1, 100), 2).describe(
    'Bad checks in a row that take a replica out.',
  ),
})

const ejection = section({
  after: withDefault(count(1, 1000), 3).describe('Failures in a row that take a replica out.'),
  pause: withDefault(duration(), '1s').describe(
    'First pause before one request tries the replica again; doubles each time that fails.',
  ),
  longest_pause: withDefault(duration(), '30s').describe('Longest pause.'),
})

const queue = section({
  size: withDefault(count(0, 1_000_000), 100).describe(
    'Most requests that wait; 0 for none. More get 503.',
  ),
  timeout: withDefault(duration(), '5s').describe('Longest wait; then 503.'),
})

/** Shape of the keys. */
export const balancing = {
  urls: optional(list(replica).min(1, { error: expects('at least one URL') })).describe(
    'Base URLs of equal replicas of the AgentOS, each a URL or `{ url, weight }`. Either this or `url`.',
  ),
  policy: withDefault(policy, 'least_inflight').describe(
    'Which available replica is asked: `least_inflight` the one with the fewest requests under way, `round_robin` each in its turn, `{ hash: session_id }` or `{ hash: user_id }` the same for the same value.',
  ),
  health_check: optional(
    z.union([flag(), healthCheck], {
      error: expects('true, false or a mapping of keys', meantFlag),
    }),
  ).describe(
    'Asks each replica now and then how it is; `true` with the defaults, `false` not at all. Default: true; an only replica that was given no `health_check` counts as healthy while it answers with a status below 500.',
  ),
  ejection: withDefault(ejection, {}).describe(
    'When failing requests take a replica out: connections that fail or break, silence, 502, 504, and 503 that no AgentOS wrote.',
  ),
  slow_start: withDefault(duration('zero'), '10s').describe(
    'How long a replica that came back gets less than its share; 0 for not at all.',
  ),
  max_inflight: optional(count(1, 1_000_000)).describe(
    'Most requests under way at one replica. Default: no limit.',
  ),
  queue: withDefault(queue, {}).describe(
    'Requests that wait because every replica has `max_inflight`.',
  ),
  dns_ttl: withDefault(duration(), '30s').describe(
    'How long the addresses of a host name are believed before they are looked up again.',
  ),
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
