/** What the command line says, joined with what the file says. */
import { ConfigError } from '../config/config-error.ts'
import { loadConfig, loadConfigText } from '../config/load.ts'
import type { GatewayConfig } from '../config/types.ts'

interface DemoUpstream {
  readonly name: string
  readonly url: string
}

export interface CommandLine {
  readonly config?: string
  readonly host?: string
  readonly port?: string
  readonly json?: boolean
}

/**
 * @throws {ConfigError} when the file can't be used
 */
export function configFrom(file: string, commandLine: CommandLine): GatewayConfig {
  return withCommandLine(loadConfig(file, process.env), commandLine)
}

/** A configuration for upstreams that are not in a file, such as the demo's. */
export function configFor(
  upstreams: readonly DemoUpstream[],
  commandLine: CommandLine,
): GatewayConfig {
  const text = JSON.stringify({ id: 'agentos-gateway-demo', upstreams })
  return withCommandLine(loadConfigText(text, 'demo', {}), commandLine)
}

function withCommandLine(config: GatewayConfig, { host, port }: CommandLine): GatewayConfig {
  const listen = {
    ...config.listen,
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port: Number(port) }),
  }
  return { ...config, listen }
}

/** Reads the configuration, as often as it is asked to. */
export class Loader {
  readonly #commandLine: CommandLine
  readonly #demo: readonly DemoUpstream[]
  /** Key files that the file named when it was last read, also when it could not be used. */
  files: readonly string[] = []

  /** @param demo upstreams for want of a file */
  constructor(commandLine: CommandLine, demo: readonly DemoUpstream[] = []) {
    this.#commandLine = commandLine
    this.#demo = demo
  }

  /**
   * @throws {ConfigError} when the file can't be used
   */
  load(): GatewayConfig {
    const { config: file } = this.#commandLine
    if (file === undefined) return configFor(this.#demo, this.#commandLine)
    try {
      const config = configFrom(file, this.#commandLine)
      this.files = config.files
      return config
    } catch (error) {
      if (error instanceof ConfigError) this.files = error.files
      throw error
    }
  }
}
