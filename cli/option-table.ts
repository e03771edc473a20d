/** Defines the options of `agentos-gateway` as data: parsing and help text. */

/** An option on the command line. */
export interface OptionSpec {
  /** Placeholder of its value in the help, such as `FILE`; undefined for a switch. */
  readonly value?: string
  readonly short?: string
  /** May be given several times. */
  readonly isRepeated?: true
  readonly help: string
}

/** All options. An option has the same form in every command; {@link OptionHelp} says what it means in one of them. */
export const OPTIONS = {
  config: { value: 'FILE', short: 'c', help: 'configuration file, YAML or JSON' },
  host: { value: 'HOST', help: "address to listen on, instead of the configuration's" },
  port: {
    value: 'PORT',
    short: 'p',
    help: "port to listen on, instead of the configuration's; 0 picks a free one",
  },
  demo: { help: 'serve the demo, and ignore any configuration' },
  socket: { value: 'PATH', help: 'Unix socket to listen on, instead of host and port' },
  json: { help: 'print the result as JSON' },
  token: {
    value: 'TOKEN',
    help: 'token to send; default $AGENTOS_GATEWAY_TOKEN, which process lists do not show',
  },
  url: { value: 'URL', help: 'gateway or AgentOS to call; default http://127.0.0.1:8080' },
  session: { value: 'ID', help: 'session to continue; default a new one' },
  origin: {
    value: 'ORIGIN',
    help: 'origin of the CORS check; default https://os.agno.com',
  },
  idle: { value: 'TIME', help: 'also hold a silent stream for this long, such as 90s' },
  agent: { value: 'ID', help: 'also run this agent, streamed; this calls its model' },
  output: {
    value: 'FILE',
    short: 'o',
    help: 'file to write; - for standard output; default gateway.yaml',
  },
  force: { help: 'overwrite an existing file' },
  name: { value: 'NAME', help: 'name of the key in the configuration, logs and metrics' },
  sub: { value: 'NAME', help: 'subject of the token; default test-user' },
  scope: {
    value: 'SCOPE',
    isRepeated: true,
    help: 'scope, such as agents:read; repeat it, or separate several by commas',
  },
  expires: { value: 'DATE', help: 'end of the key, such as 2027-01-31; default never' },
  'expires-in': { value: 'TIME', help: 'lifetime, such as 15m; default 1h' },
  aud: { value: 'NAME', isRepeated: true, help: "audience; default the configuration's" },
  iss: { value: 'NAME', help: "issuer; default the configuration's" },
  claim: { value: 'NAME=VALUE', isRepeated: true, help: 'additional claim' },
  alg: { value: 'ALG', help: 'algorithm, such as RS256; default the algorithm of the key' },
  kid: { value: 'ID', help: 'key id in the header of the token' },
  secret: { value: 'TEXT', help: 'shared secret to sign with, for HS algorithms' },
  'key-file': { value: 'FILE', help: 'private key to sign with (PEM), or a file with the secret' },
  help: { short: 'h', help: 'print this help' },
  version: { short: 'v', help: 'print the version' },
} as const satisfies Record<string, OptionSpec>

export type OptionName = keyof typeof OPTIONS

/** Help texts of options in one command, instead of those in the table. */
export type OptionHelp = Partial<Readonly<Record<OptionName, string>>>

/** Parsed options by name: booleans for switches, text for values, lists for repeated options. */
export type GivenOptions = {
  readonly [Name in OptionName]?: (typeof OPTIONS)[Name] extends { isRepeated: true }
    ? readonly string[]
    : (typeof OPTIONS)[Name] extends { value: string }
      ? string
      : true
}

/** The token of the command line or of the environment; undefined for none. */
export function tokenIn({ token }: GivenOptions): string | undefined {
  return token ?? (process.env['AGENTOS_GATEWAY_TOKEN'] || undefined)
}

/** The scopes of `--scope`. */
export function scopesIn({ scope = [] }: GivenOptions): string[] {
  return scope.flatMap((given) => given.split(',')).filter(Boolean)
}

/** An invalid command line: exit code 64. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/**
 * @param source option or variable of the text, for the error
 * @throws {UsageError} when the text is not a port number
 */
export function portIn(text: string, source: string): number {
  const isPort = /^\d{1,5}$/.test(text) && Number(text) <= 65_535
  if (!isPort) throw new UsageError(`${source} needs a port from 0 to 65535, not '${text}'`)
  return Number(text)
}
