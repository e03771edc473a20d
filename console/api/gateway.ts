/** Calls the gateway's own admin routes. */
import type { AccessView } from './access.ts'
import type { BudgetsView } from './budgets.ts'
import { get } from './http.ts'

export interface ReplicaStatus {
  readonly url: string
  readonly state: string
  readonly in_flight: number
  readonly weight: number
  readonly share: number
  readonly last_error?: string
}

export interface UpstreamStatus {
  readonly name: string
  readonly state: string
  readonly reason?: string
  readonly asked_seconds_ago?: number
  readonly agents: number
  readonly teams: number
  readonly workflows: number
  readonly waiting: number
  readonly replicas: readonly ReplicaStatus[]
}

export interface Shadowed {
  readonly kind: string
  readonly id: string
  readonly owner?: string
  readonly upstream?: string
  readonly [key: string]: unknown
}

export interface GatewayStatus {
  readonly id: string
  readonly version: string
  readonly ready: boolean
  readonly uptime_seconds: number
  readonly memory_mb: number
  readonly open: number
  readonly config: {
    readonly version: number
    readonly hash: string
    readonly loaded_at: string
    readonly error?: { readonly at: string; readonly issues: readonly string[] }
    readonly restart_needed: readonly string[]
  }
  readonly upstreams: readonly UpstreamStatus[]
  readonly shadowed: readonly Shadowed[]
  readonly incidents?: readonly Incident[]
  readonly workers?: readonly { readonly pid: number }[]
  /** Enabled protocol faces, such as `openai`. */
  readonly faces?: readonly string[]
}

/** An event in the life of a replica, an upstream or the configuration. */
export interface Incident {
  readonly at: string
  readonly kind: string
  readonly upstream?: string
  readonly replica?: string
  readonly detail?: string
}

/** Ids by kind and upstream: `{ agents: { research: ['writer'] } }`. */
export type Owners = Readonly<
  Record<string, Readonly<Record<string, readonly string[] | undefined>> | undefined>
>

export interface LiveRun {
  readonly id: string
  readonly pid: number
  readonly type: 'stream' | 'request' | 'websocket'
  readonly method: string
  readonly path: string
  readonly component: string | null
  readonly upstream: string | null
  readonly user: string | null
  readonly key: string | null
  readonly client: string
  readonly age_seconds: number
  readonly first_event_seconds: number | null
  readonly idle_seconds: number
  readonly events: number
  readonly bytes: number
  readonly run_id: string | null
  readonly session_id: string | null
  readonly detached: boolean
}

export interface LiveView {
  readonly at: string
  readonly open: number
  readonly shown: number
  readonly processes: number
  readonly runs: readonly LiveRun[]
}

export type HistoryStep = '5s' | '1m'

/** Columns: each list has one value for each slot in `at`. */
export interface HistoryView {
  readonly since: number
  readonly step_seconds: number
  readonly kept_slots: number
  readonly processes: number
  readonly at: readonly number[]
  readonly open: readonly number[]
  readonly requests: readonly number[]
  readonly runs: readonly number[]
  readonly errors: readonly number[]
  readonly refused: readonly number[]
  readonly streams: readonly number[]
  readonly events: readonly number[]
  readonly input_tokens: readonly number[]
  readonly output_tokens: readonly number[]
  readonly duration_p50: readonly (number | null)[]
  readonly duration_p95: readonly (number | null)[]
  readonly first_event_p50: readonly (number | null)[]
  readonly first_event_p95: readonly (number | null)[]
  readonly totals: Readonly<Record<string, number | null>>
  readonly components: readonly ComponentTraffic[]
}

export interface ComponentTraffic {
  readonly component: string
  readonly upstream: string
  readonly requests: number
  readonly runs: number
  readonly errors: number
  readonly refused: number
  readonly streams: number
  readonly events: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly seconds: number
}

export interface ConfigValue {
  readonly path: string
  readonly value: string | number | boolean | null
  readonly secret: boolean
  readonly source: string
  readonly line: number | null
  readonly variables: readonly string[]
  readonly description: string | null
}

export interface ConfigChange {
  readonly path: string
  readonly kind: 'added' | 'removed' | 'changed'
  readonly in_force: ConfigValue['value']
  readonly on_disk: ConfigValue['value']
  readonly secret: boolean
  readonly line: number | null
}

export interface ConfigView {
  readonly file: string | null
  readonly status: GatewayStatus['config']
  readonly values: readonly ConfigValue[]
  readonly changes: readonly ConfigChange[]
  /** Mistakes in the file on disk. */
  readonly issues: readonly string[]
}

export const gateway = {
  status: (signal?: AbortSignal) => get<GatewayStatus>('gateway/status', signal && { signal }),
  owners: (signal?: AbortSignal) => get<Owners>('gateway/catalogue', signal && { signal }),
  live: (signal?: AbortSignal) => get<LiveView>('gateway/live', signal && { signal }),
  history: (step: HistoryStep, component: string | undefined, signal?: AbortSignal) =>
    get<HistoryView>('gateway/history', { query: { step, component }, ...(signal && { signal }) }),
  budgets: (query: { budget: string | undefined; limit: number }, signal: AbortSignal) =>
    get<BudgetsView>('gateway/budgets', { query, signal }),
  config: () => get<ConfigView>('gateway/config'),
  access: (signal?: AbortSignal) => get<AccessView>('gateway/access', signal && { signal }),
  accessOf: (token: string) =>
    get<AccessView>('gateway/access', { json: { token }, isAboutToken: true }),
  refresh: () => get<GatewayStatus>('gateway/refresh', { method: 'POST' }),
  reload: () => get<GatewayStatus['config']>('gateway/reload', { method: 'POST' }),
  detach: (id: string) =>
    get<undefined>(`gateway/live/${encodeURIComponent(id)}/detach`, { method: 'POST' }),
}
