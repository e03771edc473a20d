/**
 * The configuration as the rest of the program sees it: camelCase, units in the names, every default filled in.
 * `config/schema.ts` makes it from the file; nothing here reads anything.
 */
import type { AuthConfig, JwtAlgorithm } from './auth-types.ts'
import type { ComponentKind } from './component-kind.ts'
import type { CompositionConfig } from './composition-types.ts'
import type { FacesConfig } from './face-types.ts'

export type * from './auth-types.ts'
export type { ComponentKind } from './component-kind.ts'
export type * from './face-types.ts'

/** The whole configuration of one gateway process. Frozen after loading; a reload makes a new one. */
export interface GatewayConfig {
  /** `os_id` of the gateway in `/config` and `/info`, and the audience when `auth.verifyAudience`. */
  readonly id: string
  readonly name: string | undefined
  readonly description: string | undefined
  /** Static: a change needs a restart. */
  readonly listen: ListenConfig
  /** Processes that serve. Static. Default 1. */
  readonly workers: number
  readonly metrics: MetricsConfig
  /** Serves the web console; `auto` on loopback, and elsewhere only with authentication. */
  readonly console: 'auto' | 'on' | 'off'
  readonly upstreams: readonly UpstreamConfig[]
  /** Explicitly registered components, in file order. */
  readonly components: readonly ComponentConfig[]
  readonly auth: AuthConfig
  readonly cors: CorsConfig
  readonly faces: FacesConfig
  /** Base URL at which callers reach the gateway, without a trailing slash; undefined: what their requests say. */
  readonly publicUrl: string | undefined
  readonly limits: LimitsConfig
  readonly stream: StreamConfig
  /** How long one upstream is waited for in a list that is merged from several. Default 5 s. */
  readonly listTimeoutMs: number
  readonly log: LogConfig
  readonly tracing: TracingConfig
  readonly affinity: AffinityConfig
  /** URL of the Valkey or Redis that several gateways share; may hold a password. */
  readonly store: string | undefined
  /** How long requests are still accepted after SIGTERM, for balancers to notice. Default 0. */
  readonly drainDelayMs: number
  /** How long open streams may continue after that. Default 30 s. */
  readonly drainTimeoutMs: number
  /** Undefined: nothing is composed. */
  readonly composition: CompositionConfig | undefined
  /** Key files that were read. */
  readonly files: readonly string[]
}

/** A port for metrics, without authentication, and optional labels. */
export interface MetricsConfig {
  /** Static. Default `127.0.0.1`. */
  readonly host: string
  /** Undefined: metrics are at `/gateway/metrics` only. 0 picks a free one. Static. */
  readonly port: number | undefined
  /** Most values of the label `caller`, beside `other`; 0 for no such label, the default. */
  readonly callerLabels: number
}

export interface ListenConfig {
  /** Default `127.0.0.1`. */
  readonly host: string
  /** Default 8080; 0 picks a free one. */
  readonly port: number
  /** Addresses or CIDR blocks whose `x-forwarded-*` headers are believed. Default none. */
  readonly trustedProxies: readonly string[]
  /** Listens with TLS. Default: without. A change of the files is taken over while the gateway runs. */
  readonly tls: ListenTls | undefined
}

/** A certificate with its key, as PEM, and where they came from. */
export interface ListenTls {
  readonly cert: string
  readonly key: string
  readonly certFile: string
  readonly keyFile: string
  /** Authorities, as PEM, of the certificates that callers have to show. Default: they need none. */
  readonly clientCa?: string
  readonly clientCaFile?: string
}

/** One AgentOS deployment. */
export interface UpstreamConfig {
  /** Unique; used in logs, errors, `x-agentos-upstream` and `/upstreams/{name}`. */
  readonly name: string
  /** Base URLs of its replicas, at least one, without a trailing slash. */
  readonly urls: readonly string[]
  /** Registers every component that the upstream lists. Default true; false for one made from a bare `base_url`. */
  readonly discover: boolean
  /** Put in front of every component id of this upstream. Default none. */
  readonly prefix: string
  /**
   * Put in front of every database and knowledge id of this upstream. Default none: the same id in two upstreams is the same
   * database.
   */
  readonly databasePrefix: string
  readonly credentials: CredentialPolicy
  /** Bearer token of the gateway's own config fetches. */
  readonly configToken: string | undefined
  /** Checks `agno_pat_…` tokens itself, so that the gateway passes them on unchecked. Default false. */
  readonly serviceAccounts: boolean
  /** Added to every request, names and values in turn; they replace the caller's. Default none. */
  readonly headers?: readonly string[]
  /** `forward` leaves out the one that holds the gateway's token. Default `forward`, with several upstreams `none`. */
  readonly cookies?: 'forward' | 'none' | 'all'
  /** How https is spoken. Default: verified against the system's authorities. */
  readonly tls?: TlsConfig | undefined
  readonly timeouts: UpstreamTimeouts
  /** Default `close`. */
  readonly onDisconnect?: OnDisconnect
  /** Unix socket that it listens on, in place of the address in `urls`. Default: none. */
  readonly socketPath?: string
  /** What it speaks. Left out: AgentOS's own API. */
  readonly protocol?: UpstreamProtocol
  /** How requests are spread over the replicas. Left out: {@link DEFAULT_BALANCING}. */
  readonly balancing?: BalancingConfig
}

/**
 * What becomes of a run whose caller goes before its end. `close` closes the connection to the upstream, at which AgentOS
 * ends a foreground run itself; `cancel` also cancels the run; `detach` reads the answer to its end.
 */
export type OnDisconnect = 'close' | 'cancel' | 'detach'

/**
 * The API of an upstream. `a2a` is the Agent2Agent protocol 0.3, spoken as Agno's client does: all of it at one address
 * (`json-rpc`), or each operation at a path of its own (`rest`).
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

/** How the replicas of one upstream share its requests, and when one of them is left out. */
export interface BalancingConfig {
  /** Share of each replica, by its place in `urls`. Default 1 each. */
  readonly weights: readonly number[]
  readonly policy: BalancingPolicy
  /** Undefined: only failed requests show that a replica is unhealthy. Default: on. */
  readonly healthCheck: HealthCheckConfig | undefined
  readonly ejection: EjectionConfig
  /** Most requests in flight at one replica; 0 for no limit. Default 0. */
  readonly maxInflight: number
  readonly queue: QueueConfig
  /** How long the addresses of a host name are believed. Default 30 s. */
  readonly dnsTtlMs: number
}

/**
 * Which available replica is asked: the least busy, each in its turn, or the one that a value of the request maps to,
 * so that one session, or one user, stays with one replica.
 */
export type BalancingPolicy =
  | { readonly kind: 'least_inflight' }
  | { readonly kind: 'round_robin' }
  | { readonly kind: 'hash'; readonly by: 'session_id' | 'user_id' }

/** Asking a replica now and then how it is. */
export interface HealthCheckConfig {
  /** Default `/health`. */
  readonly path: string
  /** Least status that is unhealthy. Default 400. */
  readonly unhealthyFrom?: number
  /** Pause between two checks, give or take a fifth. Default 10 s. */
  readonly intervalMs: number
  /** Default 3 s. */
  readonly timeoutMs: number
  /** Good checks in a row that bring a replica back. Default 1. */
  readonly healthyAfter: number
  /** Bad checks in a row that take it out. Default 2. */
  readonly unhealthyAfter: number
}

/** When failing requests take a replica out, and how it comes back. */
export interface EjectionConfig {
  /** Failures in a row. Default 3. */
  readonly after: number
  /** First pause; doubles with each that follows. Default 1 s. */
  readonly pauseMs: number
  /** Default 30 s. */
  readonly longestPauseMs: number
  /** How long a replica that came back gets less than its share; 0 for not at all. Default 10 s. */
  readonly slowStartMs: number
}

/** Requests that wait because every replica has `maxInflight`. */
export interface QueueConfig {
  /** Most that wait; 0 for none. Default 100. */
  readonly size: number
  /** Longest wait. Default 5 s. */
  readonly timeoutMs: number
}

/** One replica, or several equal ones without health checks. */
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
  /** TCP and TLS set-up. Default 5 s. */
  readonly connectTimeoutMs: number
  /** Longest silence before headers, or inside a reply that is no event stream. Default 60 s for agents. */
  readonly agentTimeoutMs: number
  /** The same for teams and workflows. Default 300 s. */
  readonly teamTimeoutMs: number
  /** Longest silence inside an event stream. Default 300 s. */
  readonly streamIdleTimeoutMs: number
  /** How long a fetched card or config counts as fresh. Default 300 s. */
  readonly configTtlMs: number
}

/**
 * What happens to the caller's `Authorization` on its way to an upstream.
 * `forward` sends it as it came, `none` removes it, `bearer` and `mint` put another token in its place.
 */
export type CredentialPolicy =
  | { readonly kind: 'forward' }
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
  /** Claims that are taken over beside `sub` and the scopes. */
  readonly claims: readonly string[]
}

/** PEM texts, where there are any. */
export interface TlsConfig {
  readonly ca: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
  readonly serverName: string | undefined
  /** Default true. */
  readonly verify: boolean
}

/** A component registered by name, with the parameters of Agno's RemoteAgent, RemoteTeam, RemoteWorkflow. */
export interface ComponentConfig {
  readonly kind: ComponentKind
  /** Name of the owning upstream; one is made for each distinct bare `base_url`. */
  readonly upstream: string
  /** Id on the upstream. */
  readonly upstreamId: string
  /** Id that callers use. Default: the upstream's prefix and `upstreamId`. */
  readonly id: string
  /** Overrides the upstream's silence limit for this component. */
  readonly timeoutMs: number | undefined
  /** Overrides the upstream's `configTtlMs` for this component. */
  readonly configTtlMs: number | undefined
  /** Overrides the upstream's. */
  readonly onDisconnect: OnDisconnect | undefined
}

export interface CorsConfig {
  /** Default AgentOS's list. `*` allows any origin, then without credentials. */
  readonly origins: readonly string[]
}

export interface LimitsConfig {
  /** Largest request body. Default 2 GiB. */
  readonly maxBodyBytes: number
  /** Bodies up to this are buffered, so that a failed connect can go to another replica. Default 64 KiB. */
  readonly failoverBodyBytes: number
  /** Largest run body that is read whole: JSON that is turned into a form, and all for A2A. Default 10 MiB. */
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
  /** 0 for no limit, the default. */
  readonly maxConnectionsPerAddress: number
  /** WebSockets that are open at a time; 0 for no limit, the default. */
  readonly sockets: { readonly total: number; readonly identity: number }
  /** Most messages of a client in a second of one WebSocket; 0 for no limit, the default. */
  readonly messageRate: number
  /** 0 for no limit, the default. */
  readonly parallelRuns: { readonly identity: number; readonly component: number }
  /** All of them hold. Default none. */
  readonly rateLimits: readonly RateLimit[]
}

/** Most requests in a window of time. */
export interface RateLimit {
  readonly max: number
  readonly windowMs: number
  readonly by: 'identity' | 'component' | 'address'
}

export interface StreamConfig {
  /** Silence after which a comment is sent on an event stream; 0 turns it off. Default 15 s. */
  readonly heartbeatMs: number
  /** Attempts in a row to resume a broken background stream; 0 for none. Default 6. */
  readonly reattachAttempts: number
  /** Longest that an answer is read whose caller is gone. Default 1 h. */
  readonly detachTimeoutMs: number
}

/** What is remembered of which replica holds what. */
export interface AffinityConfig {
  /** Requests with the same `session_id` go to the same replica while it is available. Default false. */
  readonly session: boolean
  /** How long a run or session is remembered after it was last asked for. Default 24 h. */
  readonly ttlMs: number
  /** Most runs and sessions that are remembered. Default 100,000. */
  readonly size: number
}

/**
 * What lines are about: the life of the process and its configuration, requests, upstreams with their replicas, the
 * shared store, keys, and traces.
 */
export const LOG_AREAS = ['gateway', 'access', 'upstream', 'store', 'auth', 'tracing'] as const

export type LogArea = (typeof LOG_AREAS)[number]

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'

export interface LogConfig {
  /** Default `info`. */
  readonly level: LogLevel
  /** `auto`: text for a terminal, else JSON. Static. Default `auto`. */
  readonly format: 'auto' | 'json' | 'text'
  /** How a level is written in JSON: `30`, or `"info"`. Static. Default `number`. */
  readonly levelFormat: 'number' | 'name'
  /** How the time is written in JSON: milliseconds since 1970, or ISO 8601. Static. Default `epoch`. */
  readonly timeFormat: 'epoch' | 'iso'
  /** Levels of single areas. Default `level`. */
  readonly areas: Readonly<Partial<Record<LogArea, LogLevel>>>
  /** Writes the verified subject into access-log lines. Default false. */
  readonly caller: boolean
  /** File instead of standard output. Static. */
  readonly file: string | undefined
  /** File of the lines for requests. Default: where the others go. Static. */
  readonly accessFile: string | undefined
}

/** Contents of traces. OpenTelemetry's variables turn tracing on. */
export interface TracingConfig {
  /** Writes the verified subject into server spans as `enduser.id`. Default false. */
  readonly caller: boolean
}
