#!/usr/bin/env node
/** Starts the process: reads the arguments, runs the command, sets the exit code. */
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
  // Modules loaded from here on are compiled once and cached for the next start.
  module.enableCompileCache()
  const given = readArguments(args)
  const { command, options, isNamed } = given
  if (options.help) return print(usage(isNamed ? command : undefined))
  if (options.version) return print(VERSION)
  if (command !== 'start' && command !== 'compose') endWithReader()
  return COMMANDS[command].run(given)
}

/** `agentos-gateway schema | head` closes the pipe early: that is no failure. A server has its own log destination. */
function endWithReader(): void {
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    process.exit(code === 'EPIPE' ? EXIT.ok : EXIT.failed)
  })
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
  const [first = ''] = process.argv.slice(2)
  const command = Object.hasOwn(COMMANDS, first) ? ` ${first}` : ''
  process.stderr.write(`Try 'agentos-gateway${command} --help'.\n`)
  return EXIT.usage
}

try {
  const code = await main(process.argv.slice(2))
  if (code !== undefined) process.exitCode = code
} catch (error) {
  // A failed start leaves listeners and timers that would keep the process alive.
  process.exit(explain(error))
}
