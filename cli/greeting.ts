/** Writes the greeting on standard error: address, upstreams, authentication and next steps. */
import { setTimeout } from 'node:timers/promises'
import { styleText } from 'node:util'
import type { GatewayConfig } from '../config/types.ts'
import { isConsoleOn } from '../src/console.ts'
import { COMPOSER } from '../src/status.ts'
import { VERSION } from '../src/version.ts'
import { CONFIG_VARIABLE } from './options.ts'
import { programName } from './program-name.ts'

/** An upstream in the form of `/gateway/status`. */
export interface UpstreamSummary {
  readonly name: string
  readonly state: string
  readonly reason?: string | undefined
  readonly agents?: number
  readonly teams?: number
  readonly workflows?: number
}

/** The embedded demo, the environment variable, or a file. */
export type ConfigSource = 'demo' | 'environment' | { readonly file: string }

export interface Greeting {
  readonly config: GatewayConfig
  /** Where the gateway listens. */
  readonly url: string
  /** Where the configuration came from. */
  readonly source: ConfigSource
  readonly metricsUrl: string | undefined
  readonly upstreams: readonly UpstreamSummary[]
  /** How the user runs the gateway: `agentos-gateway`, or `npm start --`. */
  readonly program: string
  /** Text is marked with ANSI sequences. */
  readonly hasColor: boolean
}

/** Longest wait for the upstreams, and interval of the checks, in milliseconds. */
const WAIT_MS = 2_000
const LOOK_MS = 50

/**
 * Prints the greeting when every upstream has been queried, or after two seconds.
 *
 * @param look returns the present state of the upstreams
 */
export async function greet(
  given: Omit<Greeting, 'upstreams' | 'program' | 'hasColor'>,
  look: () => Promise<readonly UpstreamSummary[]>,
): Promise<void> {
  const deadline = performance.now() + WAIT_MS
  let upstreams = await look()
  while (upstreams.some(({ state }) => state === 'unasked') && performance.now() < deadline) {
    await setTimeout(LOOK_MS, undefined, { ref: false })
    upstreams = await look()
  }
  const program = programName()
  const hasColor = process.stderr.isTTY === true && process.stderr.hasColors()
  process.stderr.write(greeting({ ...given, upstreams, program, hasColor }))
}

/** @param file undefined where the environment variable holds the configuration */
export function sourceOf(file: string | undefined): ConfigSource {
  return file === undefined ? 'environment' : { file }
}

/** Formats the greeting. A wildcard address is shown as `localhost`. */
export function greeting(given: Greeting): string {
  const { config, source, metricsUrl, upstreams, hasColor } = given
  const url = given.url.replace(/\/\/(0\.0\.0\.0|\[::\]):/, '//localhost:')
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    hasColor ? styleText(style, text, { validateStream: false }) : text
  const width = Math.max(...upstreams.map(({ name }) => name.length), 'metrics'.length) + 2
  const row = (name: string, text: string) => `  ${name.padEnd(width)}${text}`
  const lines = [
    `${paint('bold', `AgentOS Gateway ${VERSION}`)} on ${paint(['bold', 'cyan'], url)}, ${sourceText(source)}`,
    '',
    ...upstreams.map((upstream) =>
      row(upstream.name, paint(isFine(upstream) ? 'green' : 'yellow', summary(upstream))),
    ),
    row('auth', paint(config.auth.mode === 'none' ? 'yellow' : 'green', authText(config))),
    ...(isConsoleOn(config) ? [row('console', `${url}/gateway/console/`)] : []),
    ...(metricsUrl === undefined ? [] : [row('metrics', metricsUrl)]),
    '',
    'Next:',
    ...nextSteps({ ...given, url }).map((step) => `  ${step}`),
  ]
  return `\n${lines.join('\n')}\n\n`
}

function sourceText(source: ConfigSource): string {
  if (source === 'demo') return 'with two demo AgentOS instances'
  return source === 'environment' ? `from $${CONFIG_VARIABLE}` : `from ${source.file}`
}

function isFine({ state }: UpstreamSummary): boolean {
  return state === 'ready'
}

function summary(upstream: UpstreamSummary): string {
  const { name, state, reason, agents = 0, teams = 0, workflows = 0 } = upstream
  const counts = [
    [agents, 'agent'],
    [teams, 'team'],
    [workflows, 'workflow'],
  ] as const
  const known = counts
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}${count === 1 ? '' : 's'}`)
  if (state === 'ready') return known.join(', ') || 'no agents, teams or workflows'
  if (state === 'refused') return 'requires a token: set its config_token'
  if (name === COMPOSER) return 'starts: its teams and workflows are listed in a moment'
  if (state === 'unasked') return 'has not answered yet'
  return `does not answer: ${reason ?? 'unknown'}; the gateway keeps trying`
}

function authText({ auth }: GatewayConfig): string {
  if (auth.mode === 'none') return 'none: anyone who can reach this address can call'
  if (auth.mode === 'security_key') return 'security key'
  if (auth.mode === 'api_key') return 'API keys, with scopes'
  return auth.authorization ? 'JWT, with scopes' : 'JWT'
}

function nextSteps({ config, url, source, program, upstreams }: Greeting): string[] {
  if (source === 'demo') {
    return [
      `curl ${url}/agents`,
      `curl ${url}/agents/echo/runs -d 'message=hello' -d 'stream=false'`,
      `curl -N ${url}/agents/slow/runs -d 'message=count to 20'`,
      `curl -N ${url}/teams/studio/runs -d 'message=a poem about Saturn'    # a team over both servers`,
      `${program} init http://127.0.0.1:7777    # writes gateway.yaml for your own AgentOS`,
    ]
  }
  const { mode } = config.auth
  const header = mode === 'none' ? '' : ' -H "authorization: Bearer $TOKEN"'
  const token = program === 'agentos-gateway' ? program : 'npm start --silent --'
  const options = source === 'environment' ? '' : ` --config ${source.file}`
  return [
    ...(mode === 'jwt' ? [`TOKEN=$(${token} token${options} --scope agent_os:admin)`] : []),
    ...(mode === 'api_key' ? ['TOKEN=…    # one of the api_keys'] : []),
    ...(mode === 'security_key' ? ['TOKEN=…    # the security_key'] : []),
    `curl${header} ${url}/agents`,
    `curl${header} ${url}/gateway/status`,
    ...(upstreams.every(isFine) ? [`open ${url}/docs`] : [`${program} check${options}`]),
  ]
}
