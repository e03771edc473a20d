/** The loggers of the process, with the files they write to. */
import type { LoggerOptions } from 'pino'
import { pino, stdTimeFunctions } from 'pino'
import type { LogConfig } from '../config/types.ts'
import type { Logs } from '../plugins/logs.ts'
import { areaLogs } from '../plugins/logs.ts'
import { openLog } from './log-destination.ts'

export interface ProcessLogs {
  readonly logs: Logs
  /** Opens the files again, after log rotation moved them away. */
  reopen(): void
  /** Writes what is left, as far as that is possible at once. */
  close(): Promise<void>
}

/** @throws Error that names the key whose file can't be opened */
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

/** @param key of the configuration that names the file */
async function openOne(file: string | undefined, key: string, config: LogConfig) {
  const events = {
    onFailure: ({ message }: Error) =>
      process.stderr.write(`agentos-gateway: the log can't be written: ${message}\n`),
    onRecovery: (lostLines: number) =>
      logger.warn({ area: 'gateway', lostLines }, 'the log can be written again'),
  }
  const destination = await openLog(file, events, await formatterFor(file, config)).catch(
    (cause: NodeJS.ErrnoException) => {
      const remedy = 'Name a file in a folder that this user may write to, or leave the key out'
      throw new Error(
        `${key}: ${file} cannot be opened (${cause.code})\n  ${remedy} for standard output.`,
        { cause },
      )
    },
  )
  // Each area has a level of its own.
  const logger = pino(
    { level: 'trace', base: { pid: process.pid }, ...jsonOptions(config) },
    destination,
  )
  return { destination, logger }
}

/** A terminal gets text, everything else JSON, unless the configuration says otherwise. */
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
