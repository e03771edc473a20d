/** Parses the command line. An error names the nearest known word. */
import { parseArgs } from 'node:util'
import { nearest } from '../config/nearest.ts'
import type { CommandName, CommandSpec, Given } from './commands.ts'
import { COMMANDS } from './commands.ts'
import type { GivenOptions, OptionName, OptionSpec } from './option-table.ts'
import { OPTIONS, portIn, UsageError } from './option-table.ts'

/** Arguments after the program's name. */
export interface Arguments extends Given {
  readonly command: CommandName
  /** The user has named the command; false for the default command. */
  readonly isNamed: boolean
}

/** Options of every command. */
const COMMON: readonly OptionName[] = ['help', 'version']
/** Matches the name of a configuration file. */
const CONFIG_FILE = /\.(?:ya?ml|json)$/i

/**
 * @param args without the names of Node and of the program
 * @throws {UsageError} with the nearest known word, for an unknown command or option
 */
export function readArguments(args: readonly string[]): Arguments {
  const { positionals, tokens } = parseArgs({
    args: [...args],
    allowPositionals: true,
    strict: false,
    tokens: true,
    options: parserOptions(),
  })
  const asksForHelp = positionals[0] === 'help'
  const [first, ...operands] = asksForHelp ? positionals.slice(1) : positionals
  if (first !== undefined && !Object.hasOwn(COMMANDS, first)) {
    // The argument behind an unknown option was probably its value.
    const unknown = tokens.find(
      (token) => token.kind === 'option' && !Object.hasOwn(OPTIONS, token.name),
    )
    if (unknown?.kind === 'option') optionNamed(unknown.name, unknown.rawName, 'start')
  }
  const command = commandNamed(first ?? 'start')
  const options: Record<string, string | true | string[]> = asksForHelp ? { help: true } : {}
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const known: OptionSpec = optionNamed(token.name, token.rawName, command)
    const value = valueIn(known, token.rawName, token.value)
    if (!known.isRepeated) options[token.name] = value
    else options[token.name] = [...((options[token.name] as string[]) ?? []), value as string]
  }
  // Checked after the options, because the argument after an unknown option may be its value.
  const spec: CommandSpec = COMMANDS[command]
  if (spec.operands === undefined && operands.length > 0) {
    const file = operands.find((each) => CONFIG_FILE.test(each))
    throw new UsageError(`unexpected argument '${operands[0]}'${hint(file && `--config ${file}`)}`)
  }
  if (typeof options['port'] === 'string') portIn(options['port'], '--port')
  return { command, isNamed: first !== undefined, operands, options: options as GivenOptions }
}

function parserOptions() {
  const entries = Object.entries(OPTIONS).map(([name, spec]: [string, OptionSpec]) => {
    const type = spec.value === undefined ? ('boolean' as const) : ('string' as const)
    return [name, { type, ...(spec.short && { short: spec.short }) }] as const
  })
  return Object.fromEntries(entries)
}

function commandNamed(word: string): CommandName {
  if (Object.hasOwn(COMMANDS, word)) return word as CommandName
  throw new UsageError(`unknown command '${word}'${hint(meantBy(word))}`)
}

function meantBy(word: string): string | undefined {
  if (CONFIG_FILE.test(word)) return `--config ${word}`
  if (/^https?:\/\//i.test(word)) return `init ${word}`
  if (Object.hasOwn(OPTIONS, word)) return `--${word}`
  return nearest(word, Object.keys(COMMANDS))
}

function optionNamed(name: string, rawName: string, command: CommandName): OptionSpec {
  const spec: CommandSpec = COMMANDS[command]
  const allowed = [...spec.options, ...COMMON]
  if (allowed.includes(name as OptionName)) return OPTIONS[name as OptionName]
  if (Object.hasOwn(OPTIONS, name)) {
    const others = Object.entries<CommandSpec>(COMMANDS).filter(([, { options }]) =>
      options.includes(name as OptionName),
    )
    const owners = others.map(([owner]) => owner).join(', ')
    throw new UsageError(`${rawName} is not an option of ${command}, but of ${owners}`)
  }
  const meant = nearest(name, allowed)
  throw new UsageError(`unknown option '${rawName}'${hint(meant && `--${meant}`)}`)
}

function hint(meant: string | undefined): string {
  return meant === undefined ? '' : `, did you mean '${meant}'?`
}

function valueIn(spec: OptionSpec, rawName: string, value: string | undefined): string | true {
  if (spec.value === undefined) {
    if (value === undefined) return true
    throw new UsageError(`${rawName} takes no value`)
  }
  if (value === undefined || value === '') throw new UsageError(`${rawName} needs a ${spec.value}`)
  return value
}
