/** Defines the commands of `agentos-gateway` as data: operands, options, help text and module. */
import type { GivenOptions, OptionName } from './option-table.ts'

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
  'Without --config, the text in AGENTOS_GATEWAY_CONFIG counts, and without that gateway.yaml in this directory.'

/** Every command, in the order the help shows them. */
export const COMMANDS = {
  start: {
    summary: 'serve (the default); without a configuration an embedded demo',
    options: ['config', 'host', 'port', 'demo'],
    details: `${WITHOUT_FILE}\nWithout any of them, the demo is served.`,
    async run(given) {
      const { start } = await import('./start.ts')
      await start(given.options)
      return undefined
    },
  },
  check: {
    summary: 'validate the configuration and dial every upstream',
    options: ['config', 'json'],
    details: WITHOUT_FILE,
    async run(given) {
      const { check } = await import('./check.ts')
      return check(given.options)
    },
  },
  compose: {
    summary: 'run the composed teams and workflows of a configuration by themselves',
    options: ['config', 'host', 'port', 'socket'],
    details: `The gateway starts this beside itself where its configuration composes something. By itself it is one more
AgentOS, to be named under upstreams; composer.gateway_url says where it calls members.
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
    details: `Asks each AgentOS (or A2A server) what it is and what it serves. Servers that say the same of themselves become
replicas of one upstream; ids that two have are kept apart by a prefix. The token is used to ask servers that show
their components to nobody else, and never written: the file names an environment variable.`,
    async run({ operands, options }) {
      const { init } = await import('./init.ts')
      return init(operands, options)
    },
  },
  run: {
    summary: 'run an agent, a team or a workflow, and print its answer as it comes',
    operands: 'COMPONENT MESSAGE',
    options: ['url', 'token', 'session'],
    details: `COMPONENT is agent/ID, team/ID, workflow/ID, or a bare id, which is looked for in this order. The URL may be a gateway
or an AgentOS. Tool calls, steps and questions go to standard error. A run that waits for somebody is answered in the
terminal.`,
    async run({ operands, options }) {
      const { run } = await import('./run.ts')
      return run(operands, options)
    },
  },
  doctor: {
    summary: 'look at a running gateway as its callers see it, through all that stands in front',
    operands: 'URL',
    options: ['token', 'origin', 'idle', 'agent', 'json'],
    details: `Sends a slow stream through the URL to see that nothing buffers it, and checks connection, certificate, clock,
token and audience, CORS, request ids, large bodies, WebSockets, heartbeats and compression. Where tokens are asked
for, streams and what is behind the gateway can only be looked at with the admin scope. Nothing is run, unless
--agent names what to run. Each line says ok, warn or fail, and what to do.`,
    async run({ operands, options }) {
      const { doctor } = await import('./doctor.ts')
      return doctor(operands, options)
    },
  },
  token: {
    summary: 'print a token for tests, signed with a key of the configuration',
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
Public keys verify and cannot sign: where the configuration has no secret, --key-file names the private key.`,
    async run(given) {
      const { token } = await import('./token.ts')
      return token(given.options)
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
