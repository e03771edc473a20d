/** What the command line says, joined with what the file says. */
import { loadConfig, loadConfigText } from '../config/load.ts'
import type { GatewayConfig } from '../config/types.ts'

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
  upstreams: readonly { readonly name: string; readonly url: string }[],
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
