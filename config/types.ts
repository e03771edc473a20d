/**
 * Types of the loaded configuration: camelCase, units in the names, all defaults applied. `config/parse.ts` builds it
 * from the file.
 */
import type { AuditConfig } from './audit-types.ts'
import type { AuthConfig, JwtAlgorithm } from './auth-types.ts'
import type { BudgetConfig } from './budget-types.ts'
import type { ComponentKind } from './component-kind.ts'
import type { CompositionConfig } from './composition-types.ts'
import type { FacesConfig } from './face-types.ts'
import type { TlsConfig } from './tls-types.ts'

export type * from './audit-types.ts'
export type * from './auth-types.ts'
export type * from './budget-types.ts'
export type { ComponentKind } from './component-kind.ts'
export type * from './face-types.ts'

/** The configuration of one gateway process. Frozen after loading; a reload creates a new one. */
export interface GatewayConfig {
  /** `os_id` of the gateway in `/config` and `/info`, and the audience when `auth.verifyAudience`. */
  readonly id: string
  readonly name: string | undefined
  readonly description: string | undefined
  /** Static: a change needs a restart. */
  readonly listen: ListenConfig
  /** Number of worker processes. Static. Default 1. */
  readonly workers: number
  readonly metrics: MetricsConfig
  /** Web console: `auto` serves it on loopback, and on other addresses only with authentication. */
  readonly console: 'auto' | 'on' | 'off'
  readonly upstreams: readonly UpstreamConfig[]
  /** Explicitly registered components, in file order. */
  readonly components: readonly ComponentConfig[]
  readonly auth: AuthConfig
  readonly cors: CorsConfig
  readonly faces: FacesConfig
  /** Base URL of the gateway for callers, without a trailing slash. Undefined: derived from each request. */
  readonly publicUrl: string | undefined
  readonly limits: LimitsConfig
  /** Limits of tokens and cost in windows of time. Default none. */
  readonly budgets: readonly BudgetConfig[]
  readonly stream: StreamConfig
  /** Longest wait for one upstream in a merged list. Default 5 s. */
  readonly listTimeoutMs: number
  readonly log: LogConfig
  /** Undefined without an audit log. */
  readonly audit: AuditConfig | undefined
  readonly tracing: TracingConfig
  readonly affinity: AffinityConfig
  /** URL of the Valkey or Redis that several gateways share; may contain a password. */
  readonly store: string | undefined
  /** Time after SIGTERM in which new requests are accepted, so that load balancers notice. Default 0. */
  readonly drainDelayMs: number
  /** Time after that in which open streams may continue. Default 30 s. */
  readonly drainTimeoutMs: number
  /** Undefined without composed components. */
  readonly composition: CompositionConfig | undefined
  /** Key files that were read. */
  readonly files: readonly string[]
}

/** A port for metrics, without authentication, and optional labels. */
export interface MetricsConfig {
  /** Static. Default `127.0.0.1`. */
  readonly host: string
  /** Undefined: metrics are served at `/gateway/metrics` only. 0 selects a free port. Static. */
  readonly port: number | undefined
  /** Largest number of values of the label `caller`, besides `other`; 0 omits the label. Default 0. */
  readonly callerLabels: number
}

export interface ListenConfig {
  /** Default `127.0.0.1`. */
  readonly host: string
  /** Default 8080; 0 selects a free port. */
  readonly port: number
  /** Addresses or CIDR blocks of proxies whose `x-forwarded-*` headers are trusted. Default none. */
  readonly trustedProxies: readonly string[]
  /** TLS of the listener. Default: none. Changed files are applied while the gateway runs. */
  readonly tls: ListenTls | undefined
}

/** A certificate with its key, as PEM, and their files. */
export interface ListenTls {
  readonly cert: string
  readonly key: string
  readonly certFile: string
  readonly keyFile: string
  /** Authorities of required client certificates, as PEM. Default: no client certificates. */
  readonly clientCa?: string
  readonly clientCaFile?: string
}

/** One AgentOS deployment. */
export interface UpstreamConfig {
  /** Unique; used in logs, errors, `x-agentos-upstream` and `/upstreams/{name}`. */
  readonly name: string
  /** Base URLs of its replicas, at least one, without a trailing slash. */
  readonly urls: readonly string[]
  /** Registers every component that the upstream lists. Default true; false for an upstream from a bare `base_url`. */
  readonly discover: boolean
  /** Prefix of every component id of this upstream. Default none. */
  readonly prefix: string
  /**
   * Prefix of every database and knowledge id of this upstream. Default none: equal ids of two upstreams mean the same
   * database.
   */
  readonly databasePrefix: string
  readonly credentials: CredentialPolicy
  /** Bearer token for the gateway's own queries. */
  readonly configToken: string | undefined
  /** The upstream verifies `agno_pat_…` tokens, so the gateway passes them on without verification. Default false. */
  readonly serviceAccounts: boolean
  /** Headers added to every request, names and values alternating; they replace the caller's. Default none. */
  readonly headers?: readonly string[]
  /** `forward` removes the cookie with the gateway's token. Default `forward`; with several upstreams `none`. */
  readonly cookies?: 'forward' | 'none' | 'all'
  /** TLS of the connection. Default: verified with the system's authorities. */
  readonly tls?: TlsConfig | undefined
  readonly timeouts: UpstreamTimeouts
  /** Default `close`. */
  readonly onDisconnect?: OnDisconnect
  /** Limits of every single run; each member replaces that of all runs. Default none. */
  readonly maxRun?: RunLimit
  /** Unix socket of the upstream, used instead of the address in `urls`. Default: none. */
  readonly socketPath?: string
  /** Protocol of the upstream. Default: AgentOS's own API. */
  readonly protocol?: UpstreamProtocol
  /** Distribution of requests over the replicas. Default: {@link DEFAULT_BALANCING}. */
  readonly balancing?: BalancingConfig
}

/**
 * Treatment of a run whose caller disconnects. `close` closes the upstream connection, and AgentOS then ends a
 * foreground run; `cancel` also cancels the run; `detach` reads the answer to its end.
 */
export type OnDisconnect = 'close' | 'cancel' | 'detach'

/**
 * Protocol of an upstream. `a2a` is the Agent2Agent protocol 0.3 as in Agno's client: at one URL (`json-rpc`), or each
 * operation at its own path (`rest`).
 */
export type UpstreamProtocol =
  | { readonly kind: 'agentos' }
  | {
      readonly kind: 'a2a'
      readonly binding: A2aBinding
      /** The components of the server, which it cannot list itself. */
      readonly components: readonly Pick<ComponentConfig, 'kind' | 'upstreamId'>[]
    }

export type A2aBinding = 'rest' | 'json-rpc'

/** Distribution of one upstream's requests over its replicas, and the conditions that exclude a replica. */
export interface BalancingConfig {
  /** Weight of each replica, in the order of `urls`. Default 1 each. */
  readonly weights: readonly number[]
  readonly policy: BalancingPolicy
  /** Undefined: only failed requests mark a replica as unhealthy. Default: on. */
  readonly healthCheck: HealthCheckConfig | undefined
  readonly ejection: EjectionConfig
  /** Largest number of requests in flight at one replica; 0 for no limit. Default 0. */
  readonly maxInflight: number
  readonly queue: QueueConfig
  /** TTL of resolved addresses of a host name. Default 30 s. */
  readonly dnsTtlMs: number
}

/**
 * Choice among the available replicas: the least busy one, each in turn, or the one that a value of the request maps to.
 * The last keeps a session or a user at one replica.
 */
export type BalancingPolicy =
  | { readonly kind: 'least_inflight' }
  | { readonly kind: 'round_robin' }
  | { readonly kind: 'hash'; readonly by: 'session_id' | 'user_id' }

/** Periodic health check of a replica. */
export interface HealthCheckConfig {
  /** Default `/health`. */
  readonly path: string
  /** Smallest status that counts as unhealthy. Default 400. */
  readonly unhealthyFrom?: number
  /** Interval of the checks, plus or minus a fifth. Default 10 s. */
  readonly intervalMs: number
  /** Default 3 s. */
  readonly timeoutMs: number
  /** Consecutive successful checks that readmit a replica. Default 1. */
  readonly healthyAfter: number
  /** Consecutive failed checks that exclude a replica. Default 2. */
  readonly unhealthyAfter: number
}

/** Ejection of a replica after failed requests, and its readmission. */
export interface EjectionConfig {
  /** Consecutive failures before an ejection. Default 3. */
  readonly after: number
  /** First pause; each further pause is twice as long. Default 1 s. */
  readonly pauseMs: number
  /** Default 30 s. */
  readonly longestPauseMs: number
  /** Time in which a readmitted replica gets less than its share; 0 for none. Default 10 s. */
  readonly slowStartMs: number
}

/** Queue of requests while every replica has `maxInflight`. */
export interface QueueConfig {
  /** Largest number of waiting requests; 0 for none. Default 100. */
  readonly size: number
  /** Longest wait. Default 5 s. */
  readonly timeoutMs: number
}

/** Defaults for one replica, or several equal ones without health checks. */
export const DEFAULT_BALANCING: BalancingConfig = {
  weights: [],
  policy: { kind: 'least_inflight' },
  healthCheck: undefined,
  ejection: { after: 3, pauseMs: 1_000, longestPauseMs: 30_000, slowStartMs: 10_000 },
  maxInflight: 0,
  queue: { size: 100, timeoutMs: 5_000 },
  dnsTtlMs: 30_000,
}

export interface UpstreamTimeouts {
  /** Limit of TCP connect and TLS handshake. Default 5 s. */
  readonly connectTimeoutMs: number
  /** Longest silence before the response head, or inside a response that is no event stream. Default 60 s for agents. */
  readonly agentTimeoutMs: number
  /** `agentTimeoutMs` for teams and workflows. Default 300 s. */
  readonly teamTimeoutMs: number
  /** Longest silence inside an event stream. Default 300 s. */
  readonly streamIdleTimeoutMs: number
  /** Time for which a fetched card or config counts as fresh. Default 300 s. */
  readonly configTtlMs: number
}

/**
 * Treatment of the caller's `Authorization` for an upstream. `forward` sends it unchanged, `none` removes it, `bearer`
 * and `mint` replace it.
 */
export type CredentialPolicy =
  | {
      readonly kind: 'forward'
      /** Signs the identity of callers with an API key, which is never forwarded. Secret. Only the composer has one. */
      readonly identityKey?: string | undefined
    }
  | { readonly kind: 'none' }
  | { readonly kind: 'bearer'; readonly token: string }
  | MintPolicy

/** Signs a short-lived token for each caller. */
export interface MintPolicy {
  readonly kind: 'mint'
  readonly alg: JwtAlgorithm
  /** A shared secret for HS algorithms, a PEM private key for the others. */
  readonly key: string
  readonly kid: string | undefined
  readonly audience: string
  /** Default the gateway's id. */
  readonly issuer: string
  /** Default 60 s. */
  readonly ttlMs: number
  /** Claims that are copied besides `sub` and the scopes. */
  readonly claims: readonly string[]
}

/** A component registered by name, with the parameters of Agno's `RemoteAgent`, `RemoteTeam` and `RemoteWorkflow`. */
export interface ComponentConfig {
  readonly kind: ComponentKind
  /** Name of the owning upstream; each distinct bare `base_url` gets its own upstream. */
  readonly upstream: string
  /** Id on the upstream. */
  readonly upstreamId: string
  /** Public id. Default: the upstream's prefix and `upstreamId`. */
  readonly id: string
  /** Overrides the upstream's silence limit for this component. */
  readonly timeoutMs: number | undefined
  /** Overrides the upstream's `configTtlMs` for this component. */
  readonly configTtlMs: number | undefined
  /** Overrides the upstream's. */
  readonly onDisconnect: OnDisconnect | undefined
  /** Each member replaces the upstream's. */
  readonly maxRun?: RunLimit | undefined
}

export interface CorsConfig {
  /** Default AgentOS's list. `*` allows any origin, then without credentials. */
  readonly origins: readonly string[]
}

export interface LimitsConfig {
  /** Largest request body. Default 2 GiB. */
  readonly maxBodyBytes: number
  /** Largest body that is buffered, so that a failed connect can be retried at another replica. Default 64 KiB. */
  readonly failoverBodyBytes: number
  /** Largest run body that is read whole: JSON that becomes a form, and every body for A2A. Default 10 MiB. */
  readonly jsonBodyBytes: number
  /** Largest request head (line and headers). Default 16 KiB. */
  readonly maxHeaderBytes: number
  /** Largest WebSocket message of a client. Static: a change needs a restart. Default 16 MiB, as AgentOS's server. */
  readonly maxMessageBytes: number
  /** Longest path and query. Default 8 KiB. */
  readonly maxUrlBytes: number
  /** Longest wait for the head of a request. Static. Default 20 s. */
  readonly headerTimeoutMs: number
  /** Longest silence inside a request body; 0 for none. Default 60 s. */
  readonly bodyTimeoutMs: number
  /**
   * Longest time for which a caller takes no bytes of a response: the longest `stream_idle_timeout` of the file. A relayed
   * response has that of its upstream.
   */
  readonly stalledCallerMs: number
  /** 0 for no limit, the default. */
  readonly maxConnectionsPerAddress: number
  /** Largest numbers of open WebSockets; 0 for no limit, the default. */
  readonly sockets: { readonly total: number; readonly identity: number }
  /** Largest number of messages of a client per second and WebSocket; 0 for no limit, the default. */
  readonly messageRate: number
  /** 0 for no limit, the default. */
  readonly parallelRuns: { readonly identity: number; readonly component: number }
  /** Limits of every single run. Default none. */
  readonly maxRun: RunLimit
  /** All runs, an upstream or a component have a limit of single runs. */
  readonly hasRunLimits: boolean
  /** Rate limits; each request must satisfy all of them. Default none. */
  readonly rateLimits: readonly RateLimit[]
}

/** Limits of a single run; undefined for no limit of that kind. */
export interface RunLimit {
  /** Input and output tokens together. */
  readonly tokens?: number
  readonly toolCalls?: number
  readonly durationMs?: number
}

/** Largest number of requests in a time window. */
export interface RateLimit {
  readonly max: number
  readonly windowMs: number
  readonly by: 'identity' | 'component' | 'address'
}

export interface StreamConfig {
  /** Silence after which the gateway sends a comment on an event stream; 0 turns this off. Default 15 s. */
  readonly heartbeatMs: number
  /** Consecutive attempts to resume a broken background stream; 0 for none. Default 6. */
  readonly reattachAttempts: number
  /** Longest time for which the answer or the WebSocket run of a caller that has left is read. Default 1 h. */
  readonly detachTimeoutMs: number
}

/** Cache of the replicas that hold runs and sessions. */
export interface AffinityConfig {
  /** Requests with the same `session_id` go to the same replica while it is available. Default false. */
  readonly session: boolean
  /** TTL of an entry after its last use. Default 24 h. */
  readonly ttlMs: number
  /** Largest number of entries. Default 100,000. */
  readonly size: number
}

/** Areas of the log: process and configuration, requests, upstreams with their replicas, shared store, keys, traces. */
export const LOG_AREAS = ['gateway', 'access', 'upstream', 'store', 'auth', 'tracing'] as const

export type LogArea = (typeof LOG_AREAS)[number]

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'

export interface LogConfig {
  /** Default `info`. */
  readonly level: LogLevel
  /** `auto`: text for a terminal, else JSON. Static. Default `auto`. */
  readonly format: 'auto' | 'json' | 'text'
  /** Level in JSON: `30`, or `"info"`. Static. Default `number`. */
  readonly levelFormat: 'number' | 'name'
  /** Time in JSON: milliseconds since 1970, or ISO 8601. Static. Default `epoch`. */
  readonly timeFormat: 'epoch' | 'iso'
  /** Levels by area. Default `level`. */
  readonly areas: Readonly<Partial<Record<LogArea, LogLevel>>>
  /** Logs the verified subject in access-log lines. Default false. */
  readonly caller: boolean
  /** Log file; undefined for standard output. Static. */
  readonly file: string | undefined
  /** File of the access log. Default: the log's destination. Static. */
  readonly accessFile: string | undefined
}

/** Contents of traces. OpenTelemetry's variables turn tracing on. */
export interface TracingConfig {
  /** Writes the verified subject into server spans as `enduser.id`. Default false. */
  readonly caller: boolean
}
