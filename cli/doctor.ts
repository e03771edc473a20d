/** `agentos-gateway doctor URL`: checks a running gateway from a client's side, through the proxies in front of it. */
import { parseDuration } from '../config/units.ts'
import { behind } from './doctor/behind.ts'
import { caller, clock } from './doctor/caller.ts'
import { connection, gateway } from './doctor/connection.ts'
import type { Finding } from './doctor/finding.ts'
import { fail, line, summary } from './doctor/finding.ts'
import { cors, requestId, upload, webSocket } from './doctor/passage.ts'
import { agentRun, idle, streams } from './doctor/streams.ts'
import { reasonOf, Target } from './doctor/target.ts'
import type { GivenOptions } from './option-table.ts'
import { tokenIn, UsageError } from './option-table.ts'

/** Longest accepted value of `--idle`, in milliseconds. */
const LONGEST_SILENCE_MS = 300_000

/**
 * Runs the checks and prints each result as it arrives.
 *
 * @returns exit code: 1 when a check has failed, otherwise 0
 * @throws {UsageError} for an invalid address or option
 */
export async function doctor(operands: readonly string[], options: GivenOptions): Promise<number> {
  const target = new Target(addressIn(operands), tokenIn(options))
  const silenceMs = silenceIn(options)
  const findings: Finding[] = []
  const report = (found: Finding | readonly Finding[]): void => {
    for (const finding of [found].flat() as Finding[]) {
      findings.push(finding)
      if (!options.json) process.stdout.write(`${line(finding)}\n`)
    }
  }
  await look(target, { ...options, silenceMs }, report)
  const isFine = findings.every(({ verdict }) => verdict !== 'fail')
  const result = { ok: isFine, url: target.base, checks: findings }
  process.stdout.write(
    options.json ? `${JSON.stringify(result, null, 2)}\n` : `\n${summary(findings)}\n`,
  )
  return isFine ? 0 : 1
}

type Report = (found: Finding | readonly Finding[]) => void

async function look(
  target: Target,
  { origin, agent, silenceMs }: GivenOptions & { readonly silenceMs: number | undefined },
  report: Report,
): Promise<void> {
  const { findings, health } = await connection(target)
  report(findings)
  if (health === undefined) return
  const { finding, id } = await gateway(target)
  report(finding)
  report(clock(health))
  const checks: [name: string, check: () => Promise<Finding | readonly Finding[]>][] = [
    ['token', () => caller(target, id)],
    ['request id', () => requestId(target)],
    ['cors', () => cors(target, origin)],
    ['upload', () => upload(target)],
    ['websocket', () => webSocket(target)],
    ['buffering', () => streams(target)],
    ['upstream', () => behind(target)],
  ]
  if (silenceMs !== undefined) checks.push(['idle', () => idle(target, silenceMs)])
  if (agent !== undefined) checks.push(['agent', () => agentRun(target, agent)])
  for (const [name, check] of checks) {
    const advice = 'The connection broke. Read the logs of the proxy in front and of the gateway.'
    report(await check().catch((error: unknown) => fail(name, reasonOf(error), advice)))
  }
}

function addressIn([given, ...more]: readonly string[]): URL {
  if (given === undefined) throw new UsageError('doctor needs the URL of a gateway')
  if (more.length > 0) throw new UsageError(`unexpected argument '${more[0]}'`)
  const url = URL.parse(given)
  if (url !== null && /^https?:$/.test(url.protocol) && url.search === '') return url
  throw new UsageError(`'${given}' is not an http:// or https:// address`)
}

function silenceIn({ idle: given }: GivenOptions): number | undefined {
  if (given === undefined) return undefined
  const ms = parseDuration(/^\d+$/.test(given) ? Number(given) : given)
  if (ms !== undefined && ms >= 1_000 && ms <= LONGEST_SILENCE_MS) return ms
  throw new UsageError(`--idle needs a duration from 1s to 5m, not '${given}'`)
}
