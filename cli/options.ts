/** Combines the options of the command line with the configuration file. */
import { ConfigError } from '../config/config-error.ts'
import type { Overrides } from '../config/describe.ts'
import { loadConfigText, notesOn, placeOf, readConfigText } from '../config/load.ts'
import { fileExists, readText } from '../config/read-text.ts'
import type { ConfigReport, ConfigText } from '../config/report.ts'
import type { GatewayConfig } from '../config/types.ts'
import type { ComposerLink } from './composer-upstream.ts'
import { withComposer } from './composer-upstream.ts'
import { portIn } from './option-table.ts'

interface DemoUpstream {
  readonly name: string
  readonly url: string
}

/** Parts of a configuration without a file. */
export interface DemoParts {
  readonly upstreams: readonly DemoUpstream[]
  readonly composition?: Readonly<Record<string, unknown>>
}

export interface CommandLine {
  readonly config?: string
  readonly host?: string
  readonly port?: string
  readonly json?: boolean
  readonly demo?: boolean
}

/** Variable with the whole configuration, for platforms that cannot mount a file. */
export const CONFIG_VARIABLE = 'AGENTOS_GATEWAY_CONFIG'

/** Variable that the primary process sets for a worker, with its number. */
export const WORKER_VARIABLE = 'AGENTOS_GATEWAY_WORKER'

/** The text of {@link CONFIG_VARIABLE}; undefined when the variable is empty or a file is named. */
export function configText({ config }: CommandLine): string | undefined {
  return config === undefined ? process.env[CONFIG_VARIABLE] || undefined : undefined
}

/** Names of configuration files in the working directory; the first existing one is used. */
const DEFAULT_FILES = ['gateway.yaml', 'gateway.yml', 'gateway.json']

/**
 * The file of `--config`, or one of the working directory. Undefined without such a file, and when {@link
 * CONFIG_VARIABLE} holds the configuration.
 */
export function configFile(commandLine: CommandLine): string | undefined {
  if (commandLine.config !== undefined) return commandLine.config
  if (configText(commandLine) !== undefined) return undefined
  return DEFAULT_FILES.find(fileExists)
}

/** Position of a key, such as `gateway.yaml:4:5`. @param pathIn finds the key in the document */
export function placeInFile(
  commandLine: CommandLine,
  pathIn: (document: unknown) => readonly PropertyKey[] | undefined,
): string | undefined {
  const source = sourceOf(commandLine)
  return source && placeOf(source.text, source.name, pathIn)
}

/** Notes about valid values that are probably mistakes. */
export function configNotes(commandLine: CommandLine): string[] {
  const source = sourceOf(commandLine)
  return source === undefined ? [] : notesOn(source.text, source.name)
}

function sourceOf(commandLine: CommandLine) {
  const text = configText(commandLine)
  if (text !== undefined) return { text, name: CONFIG_VARIABLE }
  const file = configFile(commandLine)
  return file === undefined ? undefined : { text: readText(file), name: file }
}

/**
 * Loads the configuration of `--config`, of {@link CONFIG_VARIABLE}, or of `gateway.yaml` in the working directory.
 *
 * @throws {ConfigError} when it is invalid or missing
 */
export function givenConfig(commandLine: CommandLine): GatewayConfig {
  return configOf(givenSource(commandLine), commandLine)
}

function configOf({ text, name }: ConfigText, commandLine: CommandLine): GatewayConfig {
  return withCommandLine(loadConfigText(text, name, process.env), commandLine)
}

/** @throws {ConfigError} when a file can't be read */
function givenSource(commandLine: CommandLine): ConfigText {
  const text = configText(commandLine)
  if (text !== undefined) return { text, name: CONFIG_VARIABLE, isFile: false }
  const name = configFile(commandLine)
  if (name === undefined) throw noFile()
  return { text: readConfigText(name), name, isFile: true }
}

/** A command that needs a configuration found none. */
function noFile(): ConfigError {
  const [name = ''] = DEFAULT_FILES
  const message =
    'no such file here: name another one with --config FILE, or write it with agentos-gateway init URL'
  return new ConfigError(name, [{ path: '', line: 0, column: 0, message }])
}

/** Text of the demo's configuration. */
export function demoText({ upstreams, composition }: DemoParts): string {
  const faces = { openai: true, mcp: true, a2a: true, agui: true }
  const document = { id: 'agentos-gateway-demo', faces, upstreams, ...composition }
  return JSON.stringify(document, null, 2)
}

/** Variable with the listen address, for container images. The command line wins over it. */
const HOST_VARIABLE = 'AGENTOS_GATEWAY_HOST'
const PORT_VARIABLE = 'AGENTOS_GATEWAY_PORT'

function withCommandLine(config: GatewayConfig, commandLine: CommandLine): GatewayConfig {
  const host = commandLine.host ?? (process.env[HOST_VARIABLE] || undefined)
  const port = commandLine.port ?? (process.env[PORT_VARIABLE] || undefined)
  const listen = {
    ...config.listen,
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port: portIn(port, PORT_VARIABLE) }),
  }
  return { ...config, listen }
}

/** Sources of `listen` values outside of the file. */
function listenOverrides({ host, port }: CommandLine): Overrides {
  const of = (given: string | undefined, variable: string) => {
    if (given !== undefined) return { value: given, source: 'command line' }
    const value = process.env[variable]
    return value ? { value, source: variable } : undefined
  }
  return { 'listen.host': of(host, HOST_VARIABLE), 'listen.port': of(port, PORT_VARIABLE) }
}

/** Facts about the composer that a loader needs. */
export interface ComposerBinding extends ComposerLink {
  /** @throws {ConfigError} when an expression is no CEL */
  assertExpressions(config: GatewayConfig, file: string | undefined): void
}

/** Reads the configuration at the start and again at each reload. */
export class Loader {
  #inForce: ConfigText | undefined
  readonly #commandLine: CommandLine
  readonly #demo: DemoParts | undefined
  /** Key files of the last reading, also when it failed. */
  files: readonly string[] = []

  /** Binding of the composer; undefined unless a component is composed. */
  composer: ComposerBinding | undefined

  /** @param demo parts of the demo, when there is no file */
  constructor(commandLine: CommandLine, demo?: DemoParts) {
    this.#commandLine = commandLine
    this.#demo = demo
  }

  /** @throws {ConfigError} for an invalid file */
  load(): GatewayConfig {
    try {
      const source = this.#read()
      const config = configOf(source, this.#commandLine)
      this.files = config.files
      this.composer?.assertExpressions(config, this.#commandLine.config)
      this.#inForce = source
      return this.composer === undefined ? config : withComposer(config, this.composer)
    } catch (error) {
      if (error instanceof ConfigError) this.files = error.files
      throw error
    }
  }

  #read(): ConfigText {
    if (this.#demo === undefined) return givenSource(this.#commandLine)
    return { text: demoText(this.#demo), name: 'demo', isFile: false }
  }

  /** Explains the last loaded configuration, and compares it with the file on disk. */
  async describe(): Promise<ConfigReport> {
    const { reportConfig } = await import('../config/report.ts')
    const overrides = listenOverrides(this.#commandLine)
    return reportConfig(this.#inForce ?? this.#read(), () => this.#read(), process.env, overrides)
  }
}
