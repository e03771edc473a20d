#!/usr/bin/env node
/** The process: arguments in, exit code out. */
import module from 'node:module'
import { readArguments } from './cli/arguments.ts'
import { COMMANDS, EXIT } from './cli/commands.ts'
import { complaintAbout } from './cli/node-version.ts'
import { UsageError } from './cli/option-table.ts'
import { usage } from './cli/usage.ts'
import { ConfigError } from './config/config-error.ts'
import { NODE_RANGE, VERSION } from './src/version.ts'

async function main(args: readonly string[]): Promise<number | undefined> {
  const complaint = complaintAbout(process.versions.node, NODE_RANGE)
  if (complaint !== undefined) throw new Error(complaint)
  // What is loaded from here on need not be compiled again at the next start.
  module.enableCompileCache()
  const given = readArguments(args)
  const { command, options, isNamed } = given
  if (options.help) return print(usage(isNamed ? command : undefined))
  if (options.version) return print(VERSION)
  return COMMANDS[command].run(given)
}

function print(text: string): number {
  process.stdout.write(`${text}\n`)
  return EXIT.ok
}

function explain(error: unknown): number {
  if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`)
    return EXIT.config
  }
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`agentos-gateway: ${message}\n`)
  if (!(error instanceof UsageError)) return EXIT.failed
  process.stderr.write("Try 'agentos-gateway --help'.\n")
  return EXIT.usage
}

try {
  const code = await main(process.argv.slice(2))
  if (code !== undefined) process.exitCode = code
} catch (error) {
  // A start that failed leaves its listeners, timers and demo behind, which would keep the process alive.
  process.exit(explain(error))
}
