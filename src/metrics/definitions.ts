/** Defines every metric of the gateway in one table. `docs/metrics.md` lists the same rows; a test compares both. */

/** How the values of several workers are combined. */
export type Aggregation = 'sum' | 'min' | 'max' | 'first'

export interface MetricDefinition {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  readonly aggregator: Aggregation
}

type Row = readonly [help: string, labels?: readonly string[], aggregator?: Aggregation]

const of = (type: MetricDefinition['type'], name: string, [help, labels, aggregator]: Row) => ({
  name: `agentos_gateway_${name}`,
  type,
  help,
  labels: labels ?? [],
  aggregator: aggregator ?? 'sum',
})

const counter = (name: string, ...row: Row) => of('counter', name, row)
const gauge = (name: string, ...row: Row) => of('gauge', name, row)
const histogram = (name: string, ...row: Row) => of('histogram', name, row)

const REQUEST = ['method', 'route', 'upstream', 'component', 'face']
const STREAM = ['upstream', 'component']
/** `caller` is there with `metrics.caller_labels` only. */
const RUN = [...STREAM, 'caller']
const REPLICA = ['upstream', 'replica']

/** The table. */
export const METRICS = {
  requests: counter('requests_total', 'Requests that are over, by class of status.', [
    ...REQUEST,
    'status',
  ]),
  duration: histogram(
    'request_duration_seconds',
    'From the first hook of a request until its connection is done with it.',
    REQUEST,
  ),
  responseBytes: counter('response_bytes_total', 'Bytes of bodies relayed to callers.', REQUEST),
  errors: counter('errors_total', 'Requests that failed in the gateway or behind it, by code.', [
    'code',
    'upstream',
  ]),
  rateLimited: counter('rate_limited_requests_total', 'Requests answered 429 by a limit.', [
    'limit',
  ]),
  seriesOverflow: counter(
    'series_overflow_total',
    'Requests counted under other, because there are as many series as may be.',
  ),
  open: gauge('open_requests', 'Relayed answers and WebSockets under way.'),
  openStreams: gauge('open_streams', 'Event streams under way.'),
  streams: counter('streams_total', 'Event streams that are over.', STREAM),
  firstEvent: histogram(
    'first_event_seconds',
    'From the first hook of a request until the first bytes of its event stream.',
    STREAM,
  ),
  events: counter('stream_events_total', 'Events passed on in event streams.', STREAM),
  reattached: counter(
    'stream_reattachments_total',
    'Background streams that broke and were gone on with.',
    STREAM,
  ),
  runs: counter(
    'runs_total',
    'Runs that callers started, when the answer or the WebSocket is over.',
    RUN,
  ),
  tokens: counter('tokens_total', "Tokens of models, as the runs' last events and answers say.", [
    ...RUN,
    'direction',
  ]),
  webSocketFrames: counter('websocket_frames_total', 'Messages over WebSockets that are over.', [
    'direction',
  ]),
  inFlight: gauge('replica_in_flight', 'Requests under way at a replica.', REPLICA),
  replicaRequests: counter('replica_requests_total', 'Attempts at a replica.', REPLICA),
  replicaFailures: counter('replica_failures_total', 'Failures held against a replica.', REPLICA),
  replicaState: gauge(
    'replica_state',
    'Worker processes for which a replica is in a state: 1 or 0 with one process.',
    [...REPLICA, 'state'],
  ),
  ejections: counter(
    'replica_ejections_total',
    'Times a replica was left out, by its circuit breaker or by a health check.',
    [...REPLICA, 'cause'],
  ),
  retries: counter(
    'upstream_retries_total',
    'Second and later attempts of a request: at another replica, or at the same once more.',
    ['upstream', 'at'],
  ),
  waiting: gauge('upstream_waiting', 'Requests that wait for a replica with room.', ['upstream']),
  upstreamState: gauge(
    'upstream_state',
    "Worker processes for which the gateway's own asking came to a state.",
    ['upstream', 'state'],
  ),
  components: gauge(
    'catalogue_components',
    'Components an upstream has been seen to serve.',
    ['upstream', 'kind'],
    'max',
  ),
  shadowed: gauge(
    'catalogue_shadowed',
    'Components that another upstream serves under the same id.',
    [],
    'max',
  ),
  catalogueAge: gauge(
    'catalogue_age_seconds',
    "Age of what is known of an upstream's configuration.",
    ['upstream'],
    'max',
  ),
  cacheRequests: counter(
    'cache_requests_total',
    'Look-ups of cards, lists and configurations: hit, stale (used while it is fetched anew), inflight, miss, refresh.',
    ['result'],
  ),
  cacheEntries: gauge('cache_entries', 'Cards, lists and configurations that are kept.'),
  cacheBytes: gauge('cache_bytes', 'Bytes of what is kept.'),
  affinityEntries: gauge('affinity_entries', 'Runs and sessions whose replica is remembered.'),
  storeUp: gauge('store_up', 'The shared store is there: 1 or 0. Missing without one.', [], 'min'),
  reloads: counter('config_reloads_total', 'Reloads, put in force or refused.', ['result']),
  reloadOk: gauge(
    'config_last_reload_successful',
    'The configuration in the file is in force: 1 or 0.',
    [],
    'min',
  ),
  configVersion: gauge(
    'config_version',
    'Version of the configuration in force: 1 at the start, then one more with each.',
    [],
    'min',
  ),
  configTime: gauge(
    'config_loaded_timestamp_seconds',
    'When the configuration in force was read.',
    [],
    'min',
  ),
  restartNeeded: gauge(
    'config_restart_needed',
    'Keys that have changed and wait for a restart.',
    [],
    'max',
  ),
  draining: gauge('draining', 'Worker processes that are shutting down.'),
  workers: gauge('workers', 'Worker processes that answered; 1 without workers.'),
  buildInfo: gauge(
    'build_info',
    'Always 1; the versions are in the labels.',
    ['version', 'node'],
    'first',
  ),
} as const satisfies Record<string, MetricDefinition>

export type MetricKey = keyof typeof METRICS
