/** Opens the loggers of the process and their files. */
import type { LoggerOptions } from 'pino'
import { pino, stdTimeFunctions } from 'pino'
import type { LogConfig } from '../config/types.ts'
import type { Logs } from '../plugins/logs.ts'
import { areaLogs } from '../plugins/logs.ts'
import { openLog } from './log-destination.ts'

export interface ProcessLogs {
  readonly logs: Logs
  /** Reopens the files after log rotation. */
  reopen(): void
  /** Writes the remaining lines as far as that is possible at once. */
  close(): Promise<void>
}

/** @throws Error with the key of a file that cannot be opened */
export async function openLogs(config: LogConfig): Promise<ProcessLogs> {
  const { file, accessFile } = config
  const main = await openOne(file, 'log.file', config)
  const access =
    accessFile === undefined ? main : await openOne(accessFile, 'log.access_file', config)
  const destinations = [...new Set([main.destination, access.destination])]
  return {
    logs: areaLogs(main.logger, config, access.logger),
    reopen: () => {
      for (const destination of destinations) destination.reopen()
    },
    close: async () => {
      await Promise.all(destinations.map((destination) => destination.close()))
    },
  }
}

/** @param key configuration key of the file */
async function openOne(file: string | undefined, key: string, config: LogConfig) {
  const events = {
    onFailure: ({ message }: Error) =>
      process.stderr.write(`agentos-gateway: cannot write the log: ${message}\n`),
    onRecovery: (lostLines: number) =>
      logger.warn({ area: 'gateway', lostLines }, 'the log is written again'),
  }
  const destination = await openLog(file, events, await formatterFor(file, config)).catch(
    (cause: NodeJS.ErrnoException) => {
      const remedy = 'Name a file in a folder that this user can write to, or remove the key'
      throw new Error(
        `${key}: ${file} cannot be opened (${cause.code})\n  ${remedy} for standard output.`,
        { cause },
      )
    },
  )
  // Every area has its own level.
  const logger = pino(
    { level: 'trace', base: { pid: process.pid }, ...jsonOptions(config) },
    destination,
  )
  return { destination, logger }
}

/** Default: text for a terminal, JSON for any other destination. */
async function formatterFor(file: string | undefined, { format }: LogConfig) {
  const isTerminal = file === undefined && process.stdout.isTTY
  if (format === 'json' || (format === 'auto' && !isTerminal)) return undefined
  const { textFormatter } = await import('./log-text.ts')
  return textFormatter(isTerminal && process.stdout.hasColors())
}

function jsonOptions({ levelFormat, timeFormat }: LogConfig): LoggerOptions {
  return {
    ...(timeFormat === 'iso' && { timestamp: stdTimeFunctions.isoTime }),
    ...(levelFormat === 'name' && { formatters: { level: (name) => ({ level: name }) } }),
  }
}
