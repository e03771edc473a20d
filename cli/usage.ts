/** Prints the text of `--help`. */
import type { CommandName, CommandSpec } from './commands.ts'
import { COMMANDS } from './commands.ts'
import type { OptionHelp, OptionName, OptionSpec } from './option-table.ts'
import { OPTIONS } from './option-table.ts'

const EXIT_CODES =
  'Exit codes: 0 success, 1 failure or problems found, 64 invalid arguments, 78 invalid configuration'

/** Formats the help of the program, or of one command. */
export function usage(command?: CommandName): string {
  return command === undefined ? overview() : usageOf(command, COMMANDS[command])
}

function overview(): string {
  const commands = Object.entries<CommandSpec>(COMMANDS).map(
    ([name, { summary }]) => [name, summary] as const,
  )
  return `Usage: agentos-gateway [command] [options]

Commands
${columns(commands)}

Options of start
${columns(optionRows([...COMMANDS.start.options, 'version', 'help']))}

agentos-gateway COMMAND --help describes one command.
${EXIT_CODES}`
}

function usageOf(name: CommandName, command: CommandSpec): string {
  const { summary, options, optionHelp, operands, details } = command
  const line = ['agentos-gateway', name, operands, '[options]'].filter(Boolean).join(' ')
  const text = details === undefined ? '' : `\n\n${details}`
  return `Usage: ${line}

${summary[0]?.toUpperCase()}${summary.slice(1)}.${text}

Options
${columns(optionRows([...options, 'help'], optionHelp))}

${EXIT_CODES}`
}

function optionRows(
  names: readonly OptionName[],
  texts: OptionHelp = {},
): (readonly [string, string])[] {
  return names.map((name) => {
    const { short, value, help }: OptionSpec = OPTIONS[name]
    const flags = `${short === undefined ? '    ' : `-${short}, `}--${name}`
    return [value === undefined ? flags : `${flags} ${value}`, texts[name] ?? help] as const
  })
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n')
}
