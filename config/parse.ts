/** Converts a parsed document to the program's configuration. */
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { resolveAudit } from './audit.ts'
import { resolveAuth } from './auth.ts'
import { toBudgets } from './budgets.ts'
import { resolveComposition } from './composition.ts'
import { explain, type ParseIssue } from './explain.ts'
import { toFaces } from './faces.ts'
import { readListenTls } from './listen-tls.ts'
import { readText } from './read-text.ts'
import { type FileConfig, fileSchema } from './schema.ts'
import type {
  AuthConfig,
  ComponentConfig,
  GatewayConfig,
  ListenTls,
  UpstreamConfig,
} from './types.ts'
import { resolveTopology, toRunLimit } from './upstreams.ts'

/** The configuration, or all errors. */
export type ParseResult =
  | { readonly config: GatewayConfig }
  | { readonly issues: readonly ParseIssue[]; readonly files?: readonly string[] }

/**
 * Checks a document against the schema and resolves its references.
 *
 * @param raw the document as plain data, with `${…}` references replaced
 * @param directory base of relative names of key files; default the working directory
 * @returns a frozen configuration, or at least one issue; never throws
 */
export function parseConfig(raw: unknown, directory = '.'): ParseResult {
  const parsed = fileSchema.safeParse(raw ?? {})
  if (!parsed.success) return { issues: explain(parsed.error.issues, raw ?? {}) }
  const file = parsed.data
  const issues: ParseIssue[] = []
  const files: string[] = []
  const read = (name: string) => {
    const path = resolve(directory, name)
    files.push(path)
    return readNamed(path)
  }
  const topology = resolveTopology(file, read)
  const { composition, issues: ofComposition } = resolveComposition(file, topology, read)
  issues.push(...topology.issues, ...ofComposition)
  const auth = resolveAuth(file, read, issues)
  const audit = resolveAudit(file, read, issues)
  const tls = resolveListenTls(file, directory, issues)
  if (file.upstreams.length === 0 && topology.components.length === 0 && issues.length === 0) {
    issues.push({ path: [], message: NOTHING_TO_SERVE })
  }
  if (issues.length > 0) return { issues, files }
  const config = { ...toGatewayConfig(file, topology, auth, tls), audit, composition, files }
  return { config: freeze(config) }
}

/** @throws Error with the name of the file, because the configuration may contain a relative name */
function readNamed(file: string): string {
  try {
    return readText(file)
  } catch (error) {
    throw new Error(`${file} ${(error as Error).message}`, { cause: error })
  }
}

const NOTHING_TO_SERVE =
  'lists no upstream; write for example upstreams: [{ name: research, url: "http://localhost:7777" }]'

function toGatewayConfig(
  file: FileConfig,
  { upstreams, components }: Pick<GatewayConfig, 'upstreams' | 'components'>,
  auth: AuthConfig,
  tls: ListenTls | undefined,
): Omit<GatewayConfig, 'files' | 'composition' | 'audit'> {
  return {
    id: file.id,
    name: file.name,
    description: file.description,
    listen: {
      host: file.listen.host,
      port: file.listen.port,
      trustedProxies: file.listen.trusted_proxies,
      tls,
    },
    workers: file.workers === 'auto' ? availableParallelism() : file.workers,
    metrics: {
      host: file.metrics.host,
      port: file.metrics.port,
      callerLabels: file.metrics.caller_labels,
    },
    console: file.console,
    upstreams,
    components,
    auth,
    cors: { origins: file.cors.origins },
    faces: toFaces(file.faces),
    publicUrl: file.public_url,
    limits: {
      maxBodyBytes: file.max_body_size,
      // A body that is read whole is never larger than the largest accepted body.
      failoverBodyBytes: Math.min(file.failover_body_limit, file.max_body_size),
      jsonBodyBytes: Math.min(file.json_body_limit, file.max_body_size),
      maxHeaderBytes: file.max_header_size,
      maxMessageBytes: file.max_message_size,
      maxUrlBytes: file.max_url_size,
      headerTimeoutMs: file.header_timeout,
      bodyTimeoutMs: file.body_timeout,
      stalledCallerMs: stalledCallerMs(file, upstreams),
      maxConnectionsPerAddress: file.max_connections_per_address,
      sockets: file.max_web_sockets,
      messageRate: file.max_message_rate,
      parallelRuns: file.max_parallel_runs,
      maxRun: toRunLimit(file.max_run),
      hasRunLimits: hasRunLimits(file, upstreams, components),
      rateLimits: file.rate_limit.map(({ max, window, by }) => ({ max, windowMs: window, by })),
    },
    budgets: toBudgets(file.budgets),
    listTimeoutMs: file.list_timeout,
    stream: {
      heartbeatMs: file.heartbeat,
      reattachAttempts: file.reattach_attempts,
      detachTimeoutMs: file.detach_timeout,
    },
    log: {
      level: file.log.level,
      format: file.log.format,
      levelFormat: file.log.level_format,
      timeFormat: file.log.time_format,
      areas: definedOf(file.log.areas),
      caller: file.log.caller,
      file: file.log.file,
      accessFile: file.log.access_file,
    },
    tracing: { caller: file.tracing.caller },
    affinity: {
      session: file.affinity.session,
      ttlMs: file.affinity.ttl,
      size: file.affinity.size,
    },
    store: file.store,
    drainDelayMs: file.drain_delay,
    drainTimeoutMs: file.drain_timeout,
  }
}

function stalledCallerMs(file: FileConfig, upstreams: readonly UpstreamConfig[]): number {
  const ofUpstreams = upstreams.map(({ timeouts }) => timeouts.streamIdleTimeoutMs)
  return Math.max(file.stream_idle_timeout, ...ofUpstreams)
}

function hasRunLimits(
  { max_run }: FileConfig,
  upstreams: readonly UpstreamConfig[],
  components: readonly ComponentConfig[],
): boolean {
  const all = [{ maxRun: toRunLimit(max_run) }, ...upstreams, ...components]
  return all.some(({ maxRun = {} }) => Object.keys(maxRun).length > 0)
}

/** Removes undefined members. */
function definedOf<T extends object>(given: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> }
}

function resolveListenTls(
  { listen }: FileConfig,
  directory: string,
  issues: ParseIssue[],
): ListenTls | undefined {
  try {
    return listen.tls && readListenTls(listen.tls, directory, readNamed)
  } catch (error) {
    issues.push({ path: ['listen', 'tls'], message: (error as Error).message })
    return undefined
  }
}

function freeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null) freeze(inner)
  }
  return Object.freeze(value)
}
