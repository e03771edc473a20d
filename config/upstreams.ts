/** Resolves `upstreams`, `agents`, `teams` and `workflows` of the file to upstreams and their components. */
import { defaultBalancing, toBalancing } from './balancing.ts'
import { isComposed } from './composition.ts'
import { type Resolving, toConnection } from './connection.ts'
import { formatPath, type ParseIssue } from './explain.ts'
import type { ReadText } from './jwt-keys.ts'
import { nearest } from './nearest.ts'
import {
  agrees,
  healthCheckFor,
  protocolProblem,
  spokenBy,
  toProtocol,
  withComponents,
} from './protocol.ts'
import type { FileComponent, FileConfig, FileUpstream } from './schema.ts'
import type {
  BalancingConfig,
  ComponentConfig,
  ComponentKind,
  RunLimit,
  UpstreamConfig,
  UpstreamProtocol,
  UpstreamTimeouts,
} from './types.ts'

const KINDS: readonly ComponentKind[] = ['agents', 'teams', 'workflows']
const AGENT_TIMEOUT_MS = 60_000
const TEAM_TIMEOUT_MS = 300_000

/** Upstreams and their components. Upstreams from a bare `base_url` come last. */
export interface Topology {
  readonly upstreams: readonly UpstreamConfig[]
  readonly components: readonly ComponentConfig[]
  /** Errors. With at least one, the lists above are incomplete. */
  readonly issues: readonly ParseIssue[]
}

/** Resolves every name and address. Checks that names and component ids are unique. */
export function resolveTopology(file: FileConfig, read: ReadText): Topology {
  const issues: ParseIssue[] = []
  const upstreams = declaredUpstreams(file, { read, issues })
  const components: ComponentConfig[] = []
  const taken = new Map<string, string>()
  for (const kind of KINDS) {
    for (const [index, entry] of file[kind].entries()) {
      const path = [kind, index]
      if (isComposed(entry)) continue
      const owner = findOwner(entry, path, upstreams, file, issues)
      if (owner === undefined) continue
      const component = toComponent(kind, entry, owner)
      const key = `${kind}/${component.id}`
      const earlier = taken.get(key)
      if (earlier === undefined) taken.set(key, formatPath(path))
      else
        issues.push({
          path,
          message: `the id "${component.id}" is already taken by ${earlier}, give one of them another id`,
        })
      components.push(component)
    }
  }
  components.push(...a2aAgents(upstreams, file, components, taken, issues))
  const known = upstreams.map((upstream) => withComponents(upstream, components))
  return { upstreams: known, components, issues }
}

/**
 * Component of an A2A server without configured components: one agent with the upstream's name, because the server
 * cannot list any.
 */
function a2aAgents(
  upstreams: readonly UpstreamConfig[],
  file: FileConfig,
  named: readonly ComponentConfig[],
  taken: ReadonlyMap<string, string>,
  issues: ParseIssue[],
): ComponentConfig[] {
  return file.upstreams.flatMap((entry, index) => {
    const owner = upstreams[index]
    const isWanted = entry.protocol === 'a2a' && entry.discover
    if (!isWanted || !owner || named.some(({ upstream }) => upstream === owner.name)) return []
    const component = toComponent('agents', { upstream_id: owner.name }, owner)
    const earlier = taken.get(`agents/${component.id}`)
    if (earlier !== undefined) {
      const message = `the id "${component.id}" of its agent is already taken by ${earlier}, name the agent under agents`
      issues.push({ path: ['upstreams', index], message })
    }
    return [component]
  })
}

function declaredUpstreams(file: FileConfig, resolving: Resolving): UpstreamConfig[] {
  const { issues } = resolving
  const names = new Map<string, string>()
  return file.upstreams.map((entry, index) => {
    const path = ['upstreams', index]
    // Names that differ only in case would be confused in logs.
    const earlier = names.get(entry.name.toLowerCase())
    if (earlier === undefined) names.set(entry.name.toLowerCase(), formatPath(path))
    else
      issues.push({
        path: [...path, 'name'],
        message: `the name "${entry.name}" is already taken by ${earlier}`,
      })
    const problem = protocolProblem(entry)
    if (problem !== undefined) issues.push({ path: [...path, 'a2a_protocol'], message: problem })
    const urls = baseUrls(entry, path, issues)
    return { ...toUpstream(entry, urls, file), ...toConnection(entry, path, file, resolving) }
  })
}

function baseUrls(
  entry: FileUpstream,
  path: readonly PropertyKey[],
  issues: ParseIssue[],
): readonly string[] {
  if (entry.url !== undefined && entry.urls !== undefined) {
    issues.push({ path, message: 'write url or urls, not both' })
  } else if (entry.url === undefined && entry.urls === undefined) {
    const example = ['url: http://localhost:7777']
    issues.push({ path, message: 'needs a url (or urls, for several replicas)', example })
  }
  const urls = entry.urls?.map(({ url }) => url) ?? (entry.url === undefined ? [] : [entry.url])
  for (const [index, url] of urls.entries()) {
    const first = urls.indexOf(url)
    if (first < index)
      issues.push({
        path: [...path, 'urls', index],
        message: `is the same replica as urls[${first}]`,
      })
  }
  return urls
}

function toUpstream(entry: FileUpstream, urls: readonly string[], file: FileConfig) {
  const spoken = toProtocol(entry)
  return {
    name: entry.name,
    urls,
    discover: entry.discover && spoken.kind === 'agentos',
    prefix: entry.prefix ?? '',
    databasePrefix: entry.database_prefix ?? '',
    timeouts: timeouts(entry, file),
    onDisconnect: entry.on_disconnect,
    ...(entry.max_run && { maxRun: toRunLimit(entry.max_run) }),
    protocol: spoken,
    balancing: balancingFor(spoken, toBalancing(entry)),
  }
}

function timeouts(entry: Partial<FileUpstream>, file: FileConfig): UpstreamTimeouts {
  const timeout = entry.timeout ?? file.timeout
  return {
    connectTimeoutMs: entry.connect_timeout ?? file.connect_timeout,
    agentTimeoutMs: timeout ?? AGENT_TIMEOUT_MS,
    teamTimeoutMs: timeout ?? TEAM_TIMEOUT_MS,
    streamIdleTimeoutMs: entry.stream_idle_timeout ?? file.stream_idle_timeout,
    configTtlMs: entry.config_ttl ?? file.config_ttl,
  }
}

/** Finds the upstream of a component; adds one to `upstreams` for a new `base_url`. */
function findOwner(
  entry: FileComponent,
  path: readonly PropertyKey[],
  upstreams: UpstreamConfig[],
  file: FileConfig,
  issues: ParseIssue[],
): UpstreamConfig | undefined {
  const fail = (message: string, key?: string, example?: readonly string[]): undefined => {
    const at = key === undefined ? path : [...path, key]
    issues.push({ path: at, message, ...(example && { example }) })
  }
  const { base_url: url, upstream: name } = entry
  const problem = name === undefined ? protocolProblem(entry) : undefined
  if (problem !== undefined) return fail(problem, 'a2a_protocol')
  if (url !== undefined && name !== undefined) return fail('write base_url or upstream, not both')
  if (name !== undefined) {
    const declared = upstreams.slice(0, file.upstreams.length)
    const owner = declared.find((upstream) => upstream.name === name)
    if (owner === undefined) return fail(unknownUpstream(name, declared), 'upstream')
    if (agrees(entry, spokenBy(owner))) return owner
    return fail(`contradicts the protocol of ${owner.name}: remove it`, 'protocol')
  }
  if (url === undefined)
    return fail('needs the base_url of its AgentOS, or the name of its upstream', undefined, [
      `upstream: ${file.upstreams[0]?.name ?? 'research'}`,
      'base_url: http://localhost:7777    # one of the two',
    ])
  const [owner, other] = upstreams.filter(
    (upstream) => upstream.urls.includes(url) && agrees(entry, spokenBy(upstream)),
  )
  if (other !== undefined && owner !== undefined) {
    return fail(
      `is the address of ${owner.name} and of ${other.name}, name one of them with upstream`,
      'base_url',
    )
  }
  if (owner !== undefined) return owner
  const derived = {
    ...deriveUpstream(url, toProtocol(entry), file),
    name: derivedName(entry.id ?? entry.upstream_id, upstreams),
  }
  upstreams.push(derived)
  return derived
}

function unknownUpstream(name: string, declared: readonly UpstreamConfig[]): string {
  const meant = nearest(
    name,
    declared.map((upstream) => upstream.name),
  )
  return meant === undefined
    ? `no upstream is named "${name}"`
    : `no upstream is named "${name}", did you mean "${meant}"?`
}

function deriveUpstream(url: string, spoken: UpstreamProtocol, file: FileConfig) {
  return {
    urls: [url],
    discover: false,
    prefix: '',
    databasePrefix: '',
    credentials: { kind: 'forward' } as const,
    configToken: undefined,
    serviceAccounts: false,
    protocol: spoken,
    timeouts: timeouts({}, file),
    balancing: balancingFor(spoken, defaultBalancing()),
  }
}

function balancingFor(spoken: UpstreamProtocol, balancing: BalancingConfig): BalancingConfig {
  return { ...balancing, healthCheck: healthCheckFor(spoken, balancing.healthCheck) }
}

/** Derives the name from the first component: callers see the name in errors, so it must not reveal the address. */
function derivedName(componentId: string, upstreams: readonly UpstreamConfig[]): string {
  const readable = componentId
    .replace(/[^A-Za-z0-9._]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|-+$/g, '')
    .slice(0, 60)
  const base = readable === '' ? 'remote' : readable
  const isTaken = (name: string) =>
    upstreams.some((upstream) => upstream.name.toLowerCase() === name.toLowerCase())
  let name = base
  for (let count = 2; isTaken(name); count++) name = `${base}-${count}`
  return name
}

function toComponent(
  kind: ComponentKind,
  entry: FileComponent,
  owner: UpstreamConfig,
): ComponentConfig {
  return {
    kind,
    upstream: owner.name,
    upstreamId: entry.upstream_id,
    id: entry.id ?? owner.prefix + entry.upstream_id,
    timeoutMs: entry.timeout,
    configTtlMs: entry.config_ttl,
    onDisconnect: entry.on_disconnect,
    maxRun: entry.max_run && toRunLimit(entry.max_run),
  }
}

/** @param written one of the keys `max_run` */
export function toRunLimit(written: FileConfig['max_run']): RunLimit {
  const { tokens, tool_calls: toolCalls, duration: durationMs } = written
  return {
    ...(tokens !== undefined && { tokens }),
    ...(toolCalls !== undefined && { toolCalls }),
    ...(durationMs !== undefined && { durationMs }),
  }
}
