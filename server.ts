#!/usr/bin/env node
/** The process: arguments in, exit code out. */
import module from 'node:module'
import { parseArgs } from 'node:util'
import { complaintAbout } from './cli/node-version.ts'
import { USAGE } from './cli/usage.ts'
import { ConfigError } from './config/config-error.ts'
import { NODE_RANGE, VERSION } from './src/version.ts'

/** sysexits(3): the configuration, or the command line, is wrong. */
const EXIT_CONFIG = 78
const EXIT_USAGE = 64

interface Options {
  readonly config?: string
  readonly host?: string
  readonly port?: string
  readonly help?: boolean
  readonly version?: boolean
  readonly json?: boolean
}

async function main(): Promise<number | undefined> {
  const complaint = complaintAbout(process.versions.node, NODE_RANGE)
  if (complaint !== undefined) throw new Error(complaint)
  // What is loaded from here on need not be compiled again at the next start.
  module.enableCompileCache()
  const { values, positionals } = parse()
  if (values.help) return print(USAGE)
  if (values.version) return print(VERSION)
  const [command = 'start', ...rest] = positionals
  if (rest.length > 0) throw new UsageError(`unexpected argument '${rest[0]}'`)
  switch (command) {
    case 'start': {
      const { start } = await import('./cli/start.ts')
      await start(values)
      return undefined
    }
    case 'check': {
      const { check } = await import('./cli/check.ts')
      return check(values)
    }
    default:
      throw new UsageError(`unknown command '${command}'`)
  }
}

class UsageError extends Error {}

function parse(): { values: Options; positionals: string[] } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        config: { type: 'string', short: 'c' },
        host: { type: 'string' },
        port: { type: 'string', short: 'p' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
        json: { type: 'boolean' },
      },
    })
    const { port } = values
    if (port !== undefined && !/^\d{1,5}$/.test(port)) {
      throw new UsageError(`--port takes a number, not '${port}'`)
    }
    return { values, positionals }
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function print(text: string): number {
  process.stdout.write(`${text}\n`)
  return 0
}

try {
  const code = await main()
  if (code !== undefined) process.exitCode = code
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`agentos-gateway: ${error.message}\n\n${USAGE}\n`)
    process.exitCode = EXIT_USAGE
  } else if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = EXIT_CONFIG
  } else {
    process.stderr.write(
      `agentos-gateway: ${error instanceof Error ? error.message : String(error)}\n`,
    )
    process.exitCode = 1
  }
}
