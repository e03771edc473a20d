/** Joins the options of the command line with the configuration file. */
import { ConfigError } from '../config/config-error.ts'
import type { Overrides } from '../config/describe.ts'
import { loadConfigText, notesOn, placeOf, readConfigText } from '../config/load.ts'
import { fileExists, readText } from '../config/read-text.ts'
import type { ConfigReport, ConfigText } from '../config/report.ts'
import type { GatewayConfig } from '../config/types.ts'
import { withComposer } from './composer-upstream.ts'
import { portIn } from './option-table.ts'

interface DemoUpstream {
  readonly name: string
  readonly url: string
}

export interface CommandLine {
  readonly config?: string
  readonly host?: string
  readonly port?: string
  readonly json?: boolean
  readonly demo?: boolean
}

/** Variable that may hold the whole configuration, for places where no file can be mounted. */
export const CONFIG_VARIABLE = 'AGENTOS_GATEWAY_CONFIG'

/** The configuration that {@link CONFIG_VARIABLE} holds; undefined where it is not set or empty, or a file is named. */
export function configText({ config }: CommandLine): string | undefined {
  return config === undefined ? process.env[CONFIG_VARIABLE] || undefined : undefined
}

/** Configurations that are found in the working directory, the first that is there. */
const DEFAULT_FILES = ['gateway.yaml', 'gateway.yml', 'gateway.json']

/**
 * The file to read: that of `--config`, or one of the working directory. Undefined where there is none, and where
 * {@link CONFIG_VARIABLE} holds the configuration.
 */
export function configFile(commandLine: CommandLine): string | undefined {
  if (commandLine.config !== undefined) return commandLine.config
  if (configText(commandLine) !== undefined) return undefined
  return DEFAULT_FILES.find(fileExists)
}

/** Where the configuration has a key, such as `gateway.yaml:4:5`. @param pathIn finds it in the document */
export function placeInFile(
  commandLine: CommandLine,
  pathIn: (document: unknown) => readonly PropertyKey[] | undefined,
): string | undefined {
  const source = sourceOf(commandLine)
  return source && placeOf(source.text, source.name, pathIn)
}

/** Values of the configuration that are probably not meant as they are read. */
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
 * The configuration of `--config`, of {@link CONFIG_VARIABLE}, or else of `gateway.yaml` in this directory.
 *
 * @throws {ConfigError} when it can't be used
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
  const name = configFile(commandLine) ?? 'gateway.yaml'
  return { text: readConfigText(name), name, isFile: true }
}

/** A configuration for upstreams that are not in a file, such as the demo's. */
export function configFor(
  upstreams: readonly DemoUpstream[],
  commandLine: CommandLine,
): GatewayConfig {
  return configOf(demoSource(upstreams), commandLine)
}

function demoSource(upstreams: readonly DemoUpstream[]): ConfigText {
  const faces = { openai: true, agui: true }
  const text = JSON.stringify({ id: 'agentos-gateway-demo', faces, upstreams }, null, 2)
  return { text, name: 'demo', isFile: false }
}

/** Where to listen when the command line does not say: for images, whose users say what follows the command. */
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

/** Where `listen` comes from when it does not come from the file. */
function listenOverrides({ host, port }: CommandLine): Overrides {
  const of = (given: string | undefined, variable: string) => {
    if (given !== undefined) return { value: given, source: 'command line' }
    const value = process.env[variable]
    return value ? { value, source: variable } : undefined
  }
  return { 'listen.host': of(host, HOST_VARIABLE), 'listen.port': of(port, PORT_VARIABLE) }
}

/** What a loader needs to know of the composer. */
export interface ComposerBinding {
  readonly socketPath: string
  /** @throws {ConfigError} when an expression is no CEL */
  assertExpressions(config: GatewayConfig, file: string | undefined): void
}

/** Reads the configuration at the start and again at each reload. */
export class Loader {
  #inForce: ConfigText | undefined
  readonly #commandLine: CommandLine
  readonly #demo: readonly DemoUpstream[]
  /** Key files that the file named when it was last read, also when it could not be used. */
  files: readonly string[] = []

  /** The composer, once it is known that something is composed. */
  composer: ComposerBinding | undefined

  /** @param demo upstreams for want of a file */
  constructor(commandLine: CommandLine, demo: readonly DemoUpstream[] = []) {
    this.#commandLine = commandLine
    this.#demo = demo
  }

  /**
   * @throws {ConfigError} when the file can't be used
   */
  load(): GatewayConfig {
    try {
      const source = this.#read()
      const config = configOf(source, this.#commandLine)
      this.files = config.files
      this.composer?.assertExpressions(config, this.#commandLine.config)
      this.#inForce = source
      return this.composer ? withComposer(config, this.composer.socketPath) : config
    } catch (error) {
      if (error instanceof ConfigError) this.files = error.files
      throw error
    }
  }

  #read(): ConfigText {
    return this.#demo.length > 0 ? demoSource(this.#demo) : givenSource(this.#commandLine)
  }

  /** Explains the configuration that was loaded last, and compares it with the present file. */
  async describe(): Promise<ConfigReport> {
    const { reportConfig } = await import('../config/report.ts')
    const overrides = listenOverrides(this.#commandLine)
    return reportConfig(this.#inForce ?? this.#read(), () => this.#read(), process.env, overrides)
  }
}
