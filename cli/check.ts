/** `agentos-gateway check`: is the configuration right, and is everything it names there? */
import { styleText } from 'node:util'
import { ConfigError, describeIssue } from '../config/config-error.ts'
import type { GatewayConfig } from '../config/types.ts'
import { RemoteKeys } from '../src/auth/remote-keys.ts'
import { Gateway } from '../src/gateway.ts'
import type { UpstreamReport } from './inspect.ts'
import { inspect } from './inspect.ts'
import type { CommandLine } from './options.ts'
import { givenConfig } from './options.ts'

/**
 * Validates the file, dials each upstream, fetches the key set and prints what it found.
 *
 * @returns exit code: 0 when everything is right, 1 when something is wrong
 * @throws {ConfigError} when the file can't be used
 */
export async function check(commandLine: CommandLine): Promise<number> {
  const config = configOrReport(commandLine)
  const gateway = new Gateway(config)
  try {
    const [keyProblems, ...reports] = await Promise.all([
      keySetProblems(config),
      ...[...gateway.upstreams.values()].map((upstream) => inspect(gateway, upstream)),
    ])
    const problems = [
      ...keyProblems,
      ...reports.flatMap(({ problems }) => problems),
      ...missing(config, gateway),
      ...duplicates(gateway),
    ]
    const text = commandLine.json
      ? JSON.stringify({ ok: problems.length === 0, upstreams: reports, problems }, null, 2)
      : table(reports, problems)
    process.stdout.write(`${text}\n`)
    return problems.length === 0 ? 0 : 1
  } finally {
    await gateway.stop()
  }
}

/** Who reads JSON gets it for a file that can't be used too. @throws {ConfigError} all the same */
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

/** The key set of the issuer can be fetched. */
async function keySetProblems({ auth: { jwksUrl } }: GatewayConfig): Promise<string[]> {
  const problems: string[] = []
  if (jwksUrl === undefined) return problems
  const onFailure = (reason: string) => problems.push(`auth.jwks_url: ${reason}`)
  await new RemoteKeys(jwksUrl, { onFailure }).refresh()
  return problems
}

/** Components the file names that their upstream does not list. */
function missing(config: GatewayConfig, { discovery, upstreams }: Gateway): string[] {
  return config.components.flatMap(({ kind, upstream: name, upstreamId }) => {
    const upstream = upstreams.get(name)
    if (upstream === undefined || discovery.stateOf(upstream) !== 'ready') return []
    if (discovery.idsOf(upstream, kind).has(upstreamId)) return []
    return [`${name}: has none of ${kind} with id '${upstreamId}'`]
  })
}

function duplicates({ discovery }: Gateway): string[] {
  return discovery.current.shadowed.map(
    ({ kind, id, upstream, owner }) =>
      `${upstream}: '${id}' of ${kind} is served by '${owner}' too; give one of them a prefix or an id`,
  )
}

function table(reports: readonly UpstreamReport[], problems: readonly string[]): string {
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
  const verdict =
    problems.length === 0
      ? styleText('green', 'Everything is right.')
      : [
          styleText('red', `${problems.length} wrong:`),
          ...problems.map((problem) => `  ${problem}`),
        ].join('\n')
  return `${lines.join('\n')}\n\n${verdict}`
}
