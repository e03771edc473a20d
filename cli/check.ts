/** `agentos-gateway check`: validates the configuration and contacts every upstream in it. */
import { styleText } from 'node:util'
import { membersOf } from '../config/composition.ts'
import type { MemberRef } from '../config/composition-types.ts'
import { ConfigError, describeIssue } from '../config/config-error.ts'
import { mcpAuthorizationFaults } from '../config/mcp-authorization.ts'
import { nearest } from '../config/nearest.ts'
import type { GatewayConfig } from '../config/types.ts'
import { configWarnings } from '../config/warnings.ts'
import { RemoteKeys } from '../src/auth/remote-keys.ts'
import { COMPONENT_KINDS } from '../src/catalogue/catalogue.ts'
import { compositionTree } from '../src/composition-tree.ts'
import { Gateway } from '../src/gateway.ts'
import { proxiedFetch } from '../src/upstream/proxied-fetch.ts'
import { addressHint } from './address-hint.ts'
import { treeText } from './composition-tree-text.ts'
import type { UpstreamReport } from './inspect.ts'
import { inspect } from './inspect.ts'
import { keyWarnings } from './key-warnings.ts'
import type { CommandLine } from './options.ts'
import { configNotes, givenConfig, placeInFile } from './options.ts'

/** Longest wait for an answer of an upstream. */
const LONGEST_WAIT_MS = 5_000

/** Largest number of ids in a message. */
const LISTED_IDS = 8

/**
 * Validates the file, contacts each upstream, fetches the key set and prints the results.
 *
 * @returns exit code: 0 without problems, otherwise 1
 * @throws {ConfigError} for an invalid file
 */
export async function check(commandLine: CommandLine): Promise<number> {
  const config = configOrReport(commandLine)
  if (config.composition) {
    const { assertExpressions } = await import('../composer/check.ts')
    assertExpressions(config, commandLine.config)
  }
  const gateway = new Gateway(impatient(config))
  try {
    const [keyProblems, ...reports] = await Promise.all([
      keySetProblems(config),
      ...[...gateway.upstreams.values()].map((upstream) => inspect(gateway, upstream)),
    ])
    const problems = [
      ...keyProblems,
      ...(
        await Promise.all(reports.map((report) => addressProblems(report, gateway, commandLine)))
      ).flat(),
      ...missing(config, gateway, commandLine),
      ...missingMembers(config, gateway, commandLine),
      ...duplicates(gateway),
      ...authorizationProblems(config, commandLine),
    ]
    const warnings = [...configWarnings(config), ...keyWarnings(config, reports)]
    const composed = compositionTree(gateway)
    const ok = problems.length === 0
    const text = commandLine.json
      ? JSON.stringify({ ok, upstreams: reports, composed, problems, warnings }, null, 2)
      : [
          table(reports),
          ...treeText(composed),
          verdict(problems),
          ...warnings.map(warningLine),
        ].join('\n')
    process.stdout.write(`${text}\n`)
    for (const note of configNotes(commandLine)) process.stderr.write(`note: ${note}\n`)
    return problems.length === 0 ? 0 : 1
  } finally {
    await gateway.stop()
  }
}

/** The configuration with a limit on each answer, for a person who waits. A gateway may wait for minutes. */
function impatient(config: GatewayConfig): GatewayConfig {
  const upstreams = config.upstreams.map((upstream) => {
    const { agentTimeoutMs, teamTimeoutMs } = upstream.timeouts
    const timeouts = {
      ...upstream.timeouts,
      agentTimeoutMs: Math.min(agentTimeoutMs, LONGEST_WAIT_MS),
      teamTimeoutMs: Math.min(teamTimeoutMs, LONGEST_WAIT_MS),
    }
    return { ...upstream, timeouts }
  })
  return { ...config, upstreams }
}

function warningLine(warning: string): string {
  return `${styleText('yellow', 'warning:')} ${warning}`
}

/**
 * Loads the configuration. With `--json`, an invalid file is reported as JSON too. @throws {ConfigError} for an invalid
 * file
 */
function configOrReport(commandLine: CommandLine): GatewayConfig {
  try {
    return givenConfig(commandLine)
  } catch (error) {
    if (commandLine.json && error instanceof ConfigError) {
      const { file, issues } = error
      const problems = issues.map((issue) => describeIssue(file, issue))
      const report = { ok: false, upstreams: [], problems, file, issues }
      process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
    }
    throw error
  }
}

/** Checks that the issuer's key set can be fetched. */
async function keySetProblems({ auth: { jwksUrl } }: GatewayConfig): Promise<string[]> {
  const problems: string[] = []
  if (jwksUrl === undefined) return problems
  const onFailure = (reason: string) => problems.push(`auth.jwks_url: ${reason}`)
  await new RemoteKeys(jwksUrl, { onFailure, fetch: proxiedFetch }).refresh()
  return problems
}

/** Returns the problems of an upstream with their positions in the file and a suggestion. */
async function addressProblems(
  { name, problems }: UpstreamReport,
  { upstreams, discovery }: Gateway,
  commandLine: CommandLine,
): Promise<string[]> {
  const upstream = upstreams.get(name)
  const url = upstream?.config.urls[0]
  if (upstream === undefined || url === undefined || !upstream.isAgentOs) return [...problems]
  if (discovery.stateOf(upstream) !== 'failing') return [...problems]
  const hint = await addressHint(url, discovery.reasonOf(upstream) ?? '')
  const place = placeInFile(commandLine, (file) => urlPath(file, name, url))
  return problems.map((problem) =>
    [place, hint === undefined ? problem : `${problem}: ${hint}`].filter(Boolean).join(' '),
  )
}

/** Path of the URL in the file: in the upstream of this name, or in the component with this URL. */
function urlPath(file: unknown, name: string, url: string): readonly PropertyKey[] | undefined {
  const { upstreams, ...rest } = file as Record<string, { name?: string; base_url?: string }[]>
  const index = upstreams?.findIndex((entry) => entry?.name === name) ?? -1
  if (index >= 0) return ['upstreams', index, 'url']
  for (const kind of COMPONENT_KINDS) {
    const at = rest[kind]?.findIndex((entry) => entry?.base_url?.startsWith(url)) ?? -1
    if (at >= 0) return [kind, at, 'base_url']
  }
  return undefined
}

/** Components in the file that their upstream does not list. */
function missing(
  config: GatewayConfig,
  { discovery, upstreams }: Gateway,
  commandLine: CommandLine,
): string[] {
  return config.components.flatMap(({ kind, upstream: name, upstreamId }) => {
    const upstream = upstreams.get(name)
    if (upstream === undefined || discovery.stateOf(upstream) !== 'ready') return []
    const ids = [...discovery.idsOf(upstream, kind)]
    if (ids.includes(upstreamId)) return []
    const idKey = `${kind.slice(0, -1)}_id`
    const place = placeInFile(commandLine, (file) => {
      const entries = (file as Record<string, Record<string, unknown>[]>)[kind] ?? []
      const index = entries.findIndex((entry) => entry?.[idKey] === upstreamId)
      return index < 0 ? undefined : [kind, index, idKey]
    })
    const meant = nearest(upstreamId, ids) ?? (ids.length === 1 ? ids[0] : undefined)
    const known =
      ids.length === 0 ? 'it lists none' : `it lists ${ids.slice(0, LISTED_IDS).join(', ')}`
    const problem = `${name}: no ${kind} entry has the id '${upstreamId}'; ${known}`
    const hint = meant === undefined ? '' : `; write\n    ${idKey}: ${meant}`
    return [[place, problem + hint].filter(Boolean).join(' ')]
  })
}

/**
 * Members of composed teams and workflows that no upstream lists. Skipped while an upstream is unreachable, because it
 * may serve them.
 */
function missingMembers(
  { composition }: GatewayConfig,
  { discovery, upstreams }: Gateway,
  commandLine: CommandLine,
): string[] {
  if (composition === undefined) return []
  const { teams, workflows } = composition
  const refs = [
    ...teams.flatMap(({ members }) => members.map(({ ref }) => ref)),
    ...workflows.flatMap(({ steps }) => membersOf(steps)),
  ]
  const isComposed = ({ kind, id }: MemberRef) =>
    kind !== 'agents' && composition[kind].some((one) => one.id === id)
  const areAllReady = [...upstreams.values()].every((one) => discovery.stateOf(one) === 'ready')
  return refs.flatMap((ref) => {
    const { kind, id, path } = ref
    if (isComposed(ref) || !areAllReady || discovery.current.remote(kind, id)) return []
    const ids = [...discovery.current.remotes(kind)].map((remote) => remote.id)
    const meant = nearest(id, ids)
    const hint = meant === undefined ? '' : `, did you mean "${meant}"?`
    const place = placeInFile(commandLine, () => path)
    return [[place, `no upstream lists '${id}' under ${kind}${hint}`].filter(Boolean).join(' ')]
  })
}

/** Settings that MCP's rules for authorization forbid, with their positions. */
function authorizationProblems(config: GatewayConfig, commandLine: CommandLine): string[] {
  return mcpAuthorizationFaults(config).map(({ upstream, text }) => {
    const place = placeInFile(commandLine, (file) => {
      if (upstream === undefined) return ['faces', 'mcp', 'authorization_servers']
      const { upstreams } = file as { upstreams?: Record<string, unknown>[] }
      const index = upstreams?.findIndex((entry) => entry?.['name'] === upstream) ?? -1
      return index < 0 ? undefined : ['upstreams', index, 'credentials']
    })
    return [place, text].filter(Boolean).join(' ')
  })
}

function duplicates({ discovery }: Gateway): string[] {
  return discovery.current.shadowed.map(
    ({ kind, id, upstream, owner }) =>
      `${upstream}: '${owner}' serves '${id}' of ${kind} too; set a prefix on one upstream, or another id`,
  )
}

function table(reports: readonly UpstreamReport[]): string {
  const rows = reports.map((report) => [
    report.name,
    report.isReachable ? 'yes' : 'no',
    report.version ?? '-',
    `${report.agents} / ${report.teams} / ${report.workflows}`,
    report.auth,
    report.latencyMs === undefined ? '-' : `${report.latencyMs} ms`,
  ])
  const head = ['upstream', 'reachable', 'agno', 'agents / teams / workflows', 'auth', 'latency']
  const widths = head.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length)),
  )
  const lines = [head, ...rows].map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return `${lines.join('\n')}\n`
}

function verdict(problems: readonly string[]): string {
  if (problems.length === 0) return styleText('green', 'No problems found.')
  const head = styleText('red', `${problems.length} wrong:`)
  return [head, ...problems.map((problem) => `  ${problem}`)].join('\n')
}
