/** Defines the commands of `agentos-gateway` as data: operands, options, help text and module. */
import type { GivenOptions, OptionHelp, OptionName } from './option-table.ts'

/** Arguments of a command. */
export interface Given {
  /** Arguments after the command that are no options. */
  readonly operands: readonly string[]
  readonly options: GivenOptions
}

/** A command. */
export interface CommandSpec {
  readonly summary: string
  readonly options: readonly OptionName[]
  /** Help texts that say more of an option than its own, where several commands have it. */
  readonly optionHelp?: OptionHelp
  /** Operands in the usage line; undefined for a command without operands. */
  readonly operands?: string
  /** Further text of the help. */
  readonly details?: string
  /** Loads and runs the command. @returns its exit code; undefined while the command keeps running */
  run(given: Given): Promise<number | undefined>
}

/** Exit codes. @see sysexits(3) */
export const EXIT = { ok: 0, failed: 1, usage: 64, config: 78 } as const

const WITHOUT_FILE =
  'Without --config, the configuration is the text in AGENTOS_GATEWAY_CONFIG, or gateway.yaml in this directory.'

/** Every command, in the order the help shows them. */
export const COMMANDS = {
  start: {
    summary: 'serve (the default command); without a configuration, serve a demo',
    options: ['config', 'host', 'port', 'demo'],
    details: `${WITHOUT_FILE}\nWithout any of them, the gateway serves the demo.`,
    async run(given) {
      const { letOldGenerationGrow, limitYoungGeneration } = await import('./memory.ts')
      // Before the modules of the server load, because their garbage would let it grow.
      limitYoungGeneration()
      letOldGenerationGrow()
      const { start } = await import('./start.ts')
      await start(given.options)
      return undefined
    },
  },
  check: {
    summary: 'validate the configuration and query every upstream',
    options: ['config', 'json'],
    details: WITHOUT_FILE,
    async run(given) {
      const { check } = await import('./check.ts')
      return check(given.options)
    },
  },
  compose: {
    summary: 'run the composed teams and workflows of a configuration as a separate process',
    options: ['config', 'host', 'port', 'socket'],
    details: `The gateway starts this process itself if its configuration composes teams or workflows. Started alone, it is
an AgentOS to list under upstreams. It calls members at composer.gateway_url.
${WITHOUT_FILE}`,
    async run(given) {
      const { compose } = await import('./compose.ts')
      await compose(given.options)
      return undefined
    },
  },
  init: {
    summary: 'write a configuration for servers that are running',
    operands: 'URL…',
    options: ['token', 'output', 'force'],
    details: `Queries each AgentOS or A2A server for its identity and components. Servers with equal descriptions become
replicas of one upstream. A prefix separates equal ids of two upstreams. The token is for servers that require one
to list components. It is never written: the file names an environment variable.`,
    async run({ operands, options }) {
      const { init } = await import('./init.ts')
      return init(operands, options)
    },
  },
  run: {
    summary: 'run an agent, a team or a workflow, and print its answer while it arrives',
    operands: 'COMPONENT MESSAGE',
    options: ['url', 'token', 'session'],
    details: `COMPONENT is agent/ID, team/ID, workflow/ID, or a bare id, which is searched in this order. The URL is a gateway
or an AgentOS. Tool calls, steps and questions go to standard error. A paused run asks its questions in the
terminal.`,
    async run({ operands, options }) {
      const { run } = await import('./run.ts')
      return run(operands, options)
    },
  },
  doctor: {
    summary: "check a running gateway from a client's side, through the proxies in front of it",
    operands: 'URL',
    options: ['token', 'origin', 'idle', 'agent', 'json'],
    details: `Sends a slow stream through the URL to detect buffering. Checks connection, certificate, clock,
token, audience, CORS, request ids, large bodies, WebSockets, heartbeats and compression. If the gateway requires
tokens, the checks of streams and upstreams need the admin scope. No agent runs unless
--agent names one. Each line starts with ok, warn or fail, and a failure names its remedy.`,
    async run({ operands, options }) {
      const { doctor } = await import('./doctor.ts')
      return doctor(operands, options)
    },
  },
  token: {
    summary: 'print a test token, signed with a key of the configuration',
    options: [
      'config',
      'sub',
      'scope',
      'expires-in',
      'aud',
      'iss',
      'claim',
      'alg',
      'kid',
      'secret',
      'key-file',
    ],
    details: `The token goes to standard output, everything else to standard error:
  curl -H "authorization: Bearer $(agentos-gateway token -c gateway.yaml --scope agents:read)" …
Public keys cannot sign: without a secret in the configuration, name the private key with --key-file.`,
    async run(given) {
      const { token } = await import('./token.ts')
      return token(given.options)
    },
  },
  key: {
    summary: 'make an API key for a caller that cannot get tokens',
    operands: 'create',
    options: ['name', 'scope', 'sub', 'expires'],
    optionHelp: { sub: 'user of the key; default none' },
    details: `The key goes to standard output and is stored nowhere. The lines of the configuration, with its SHA-256, go to
standard error. --name is required. Without --scope, the key may find and run every component.`,
    async run({ operands, options }) {
      const { key } = await import('./key.ts')
      return key(operands, options)
    },
  },
  audit: {
    summary: 'check that no line of an audit log was changed, removed or added',
    operands: 'verify FILE…',
    options: ['key-file', 'json'],
    optionHelp: { 'key-file': 'file with the key of the audit log, such as audit.key' },
    details: `Give all files of a rotated log in any order, also compressed ones (.gz). With --key-file, the mac of every line is
checked too. Prints a summary with the last hash, or the first line that is wrong, with exit code 1.`,
    async run({ operands, options }) {
      const { audit } = await import('./audit.ts')
      return audit(operands, options)
    },
  },
  schema: {
    summary: 'print the JSON Schema of the configuration file',
    options: [],
    async run() {
      const { schema } = await import('./schema.ts')
      return schema()
    },
  },
} as const satisfies Record<string, CommandSpec>

export type CommandName = keyof typeof COMMANDS
