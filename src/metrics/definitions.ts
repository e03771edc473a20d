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
const COMPOSED = ['composed', 'upstream', 'component']
const RUN = [...STREAM, 'caller']
const BUDGET = ['budget']
const REPLICA = ['upstream', 'replica']

/** The table. */
export const METRICS = {
  requests: counter('requests_total', 'Finished requests by class of status.', [
    ...REQUEST,
    'status',
  ]),
  duration: histogram(
    'request_duration_seconds',
    'Time from the first hook of a request until its response is closed.',
    REQUEST,
  ),
  responseBytes: counter('response_bytes_total', 'Body bytes relayed to callers.', REQUEST),
  keyRequests: counter('key_requests_total', 'Finished requests of callers with an API key.', [
    'key',
  ]),
  keyExpiry: gauge(
    'key_expiry_timestamp_seconds',
    'Time at which an API key of the configuration expires. Missing for a key without an end.',
    ['key'],
    'max',
  ),
  errors: counter(
    'errors_total',
    'Requests that failed in the gateway or at an upstream, by error code.',
    ['code', 'upstream'],
  ),
  rateLimited: counter('rate_limited_requests_total', 'Requests that a limit refused with 429.', [
    'limit',
  ]),
  seriesOverflow: counter(
    'series_overflow_total',
    'Requests counted under other, because the limit of series is reached.',
  ),
  auditLines: counter('audit_lines_total', 'Lines written to the audit log.'),
  auditFailures: counter(
    'audit_failures_total',
    'Failed writes, openings and flushes of the audit file.',
  ),
  auditLost: counter(
    'audit_lost_lines_total',
    'Lines that never reached the audit log; with `on_failure: reject`, most were refused requests.',
  ),
  auditWaiting: gauge('audit_waiting_bytes', 'Lines that wait for the audit file, in bytes.'),
  open: gauge('open_requests', 'Open relayed answers and WebSockets.'),
  openStreams: gauge('open_streams', 'Open event streams.'),
  streams: counter('streams_total', 'Finished event streams.', STREAM),
  firstEvent: histogram(
    'first_event_seconds',
    'Time from the first hook of a request until the first bytes of its event stream.',
    STREAM,
  ),
  events: counter('stream_events_total', 'Events relayed in event streams.', STREAM),
  reattached: counter(
    'stream_reattachments_total',
    'Broken background streams that the gateway resumed.',
    STREAM,
  ),
  runs: counter('runs_total', 'Finished runs that callers started.', RUN),
  tokens: counter(
    'tokens_total',
    'Model tokens of runs and their members, as reported by the last events and answers.',
    [...RUN, 'direction'],
  ),
  composedRuns: counter(
    'composed_member_runs_total',
    'Finished member runs of composed teams and workflows.',
    COMPOSED,
  ),
  composedTokens: counter('composed_member_tokens_total', 'Model tokens of those member runs.', [
    ...COMPOSED,
    'direction',
  ]),
  budgetTokens: counter('budget_tokens_total', 'Tokens charged to a budget.', BUDGET),
  budgetCost: counter(
    'budget_cost_total',
    'Cost charged to a budget, in the unit in which AgentOS reports it.',
    BUDGET,
  ),
  budgetExceeded: counter(
    'budget_exceeded_runs_total',
    'Runs above a budget: refused (reject) or started all the same (warn).',
    [...BUDGET, 'over'],
  ),
  budgetSubjects: gauge(
    'budget_subjects',
    'Subjects that have used a budget in its current window, by the counts of one process.',
    BUDGET,
    'max',
  ),
  budgetSubjectsOver: gauge(
    'budget_subjects_over',
    'Subjects above the limit, by the counts of one process.',
    BUDGET,
    'max',
  ),
  webSocketFrames: counter('websocket_frames_total', 'Messages over finished WebSockets.', [
    'direction',
  ]),
  inFlight: gauge('replica_in_flight', 'Requests in flight at a replica.', REPLICA),
  replicaRequests: counter('replica_requests_total', 'Attempts at a replica.', REPLICA),
  replicaFailures: counter(
    'replica_failures_total',
    'Failures that count against a replica.',
    REPLICA,
  ),
  replicaState: gauge(
    'replica_state',
    'Worker processes for which a replica is in a state: 1 or 0 with one process.',
    [...REPLICA, 'state'],
  ),
  ejections: counter(
    'replica_ejections_total',
    'Times a circuit breaker or a health check took a replica out.',
    [...REPLICA, 'cause'],
  ),
  retries: counter(
    'upstream_retries_total',
    'Retries of a request, at another replica or at the same one.',
    ['upstream', 'at'],
  ),
  waiting: gauge('upstream_waiting', 'Requests that wait for a replica below max_inflight.', [
    'upstream',
  ]),
  upstreamState: gauge(
    'upstream_state',
    'Worker processes for which discovery of an upstream has a state.',
    ['upstream', 'state'],
  ),
  components: gauge(
    'catalogue_components',
    'Components that an upstream serves.',
    ['upstream', 'kind'],
    'max',
  ),
  shadowed: gauge(
    'catalogue_shadowed',
    'Components hidden by an equal id of an earlier upstream.',
    [],
    'max',
  ),
  catalogueAge: gauge(
    'catalogue_age_seconds',
    "Age of an upstream's cached configuration.",
    ['upstream'],
    'max',
  ),
  cacheRequests: counter(
    'cache_requests_total',
    'Look-ups of cards, lists and configurations: hit, stale (used while it is fetched again), inflight, miss, refresh.',
    ['result'],
  ),
  cacheEntries: gauge('cache_entries', 'Cached cards, lists and configurations.'),
  cacheBytes: gauge('cache_bytes', 'Bytes of the cached cards, lists and configurations.'),
  affinityEntries: gauge('affinity_entries', 'Runs and sessions in the affinity cache.'),
  storeUp: gauge(
    'store_up',
    'The shared store is available: 1 or 0. Missing without a store.',
    [],
    'min',
  ),
  reloads: counter('config_reloads_total', 'Reloads by result: in force or refused.', ['result']),
  reloadOk: gauge(
    'config_last_reload_successful',
    'The configuration in the file is in force: 1 or 0.',
    [],
    'min',
  ),
  configVersion: gauge(
    'config_version',
    'Version of the configuration in force: 1 at the start, plus 1 for each reload.',
    [],
    'min',
  ),
  configTime: gauge(
    'config_loaded_timestamp_seconds',
    'Time at which the configuration in force was read.',
    [],
    'min',
  ),
  restartNeeded: gauge('config_restart_needed', 'Changed keys that need a restart.', [], 'max'),
  draining: gauge('draining', 'Worker processes that are draining.'),
  workers: gauge('workers', 'Worker processes that answered; 1 without workers.'),
  buildInfo: gauge(
    'build_info',
    'Always 1; the versions are in the labels.',
    ['version', 'node'],
    'first',
  ),
} as const satisfies Record<string, MetricDefinition>

export type MetricKey = keyof typeof METRICS
