/** Writes log lines in the background. A full disk or a closed pipe does not stop the gateway. */
import { once } from 'node:events'
import { setTimeout as setTimeoutCallback } from 'node:timers'
import { setTimeout } from 'node:timers/promises'
import type { DestinationStream } from 'pino'
import { pino } from 'pino'

/** Largest size of the lines that wait for a slow or full destination, in bytes; further lines are dropped. */
const MOST_HELD_BYTES = 8 * 1024 * 1024
const STANDARD_OUTPUT = 1
/** Longest wait of a line for others, in milliseconds, and largest number of waiting characters. */
const BATCH_MS = 20
const BATCH_LENGTH = 16 * 1024
/** Longest time for writing the last lines, in milliseconds. */
const CLOSE_MS = 1_000

/** Reports about the log itself, which the log cannot contain. */
export interface LogDestinationEvents {
  /** Reports the first failed write after a success. Later lines try again. */
  onFailure(error: Error): void
  /** Reports that writing works again. @param lostLines lines dropped since the last report */
  onRecovery(lostLines: number): void
}

/** Collects the lines of a short time for one write: a write to a file costs more than formatting a line. */
class LineBatch {
  readonly #write: (lines: string) => boolean
  #lines = ''
  #timer: NodeJS.Timeout | undefined

  constructor(write: (lines: string) => boolean) {
    this.#write = write
  }

  add(line: string): boolean {
    this.#lines += line
    if (this.#lines.length >= BATCH_LENGTH) this.flush()
    else this.#timer ??= setTimeoutCallback(() => this.flush(), BATCH_MS)
    return true
  }

  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const lines = this.#lines
    this.#lines = ''
    if (lines !== '') this.#write(lines)
  }
}

/** A destination that writes in the background and holds a limited number of bytes. */
export interface LogDestination extends DestinationStream {
  /** Writes the remaining lines as far as that is possible at once. Later lines are dropped. */
  close(): Promise<void>
  /** Reopens the file after log rotation, without losing a line. Does nothing without a file. */
  reopen(): void
}

/**
 * @param file default: standard output
 * @param format formats a line. Default: unchanged
 * @throws when the file cannot be opened
 */
export async function openLog(
  file: string | undefined,
  events: LogDestinationEvents,
  format: (line: string) => string = (line) => line,
): Promise<LogDestination> {
  const dest = file ?? STANDARD_OUTPUT
  const destination = pino.destination({
    dest,
    sync: false,
    mkdir: true,
    maxLength: MOST_HELD_BYTES,
  })
  let isFailing = true
  let lostLines = 0
  const batch = new LineBatch(destination.write.bind(destination))
  const flushSync = destination.flushSync.bind(destination)
  // Called at process exit; on a full disk the original would retry without end.
  destination.flushSync = () => {
    batch.flush()
    if (!isFailing) flushSync()
  }
  await once(destination, 'ready')
  isFailing = false
  destination
    .on('error', (error) => {
      if (!isFailing) events.onFailure(error)
      isFailing = true
    })
    .on('drop', (lines: string) => {
      lostLines += lines.split('\n').length - 1
    })
    .on('drain', () => {
      if (!isFailing && lostLines === 0) return
      isFailing = false
      const lost = lostLines
      lostLines = 0
      events.onRecovery(lost)
    })
  const close = async () => {
    const closed = once(destination, 'close').catch(() => undefined)
    batch.flush()
    destination.end()
    await Promise.race([closed, setTimeout(CLOSE_MS)])
    Object.assign(destination, { write: () => true, flushSync: () => {} })
  }
  const reopenFile = destination.reopen.bind(destination)
  const reopen = () => {
    batch.flush()
    if (file !== undefined) reopenFile()
  }
  const write = (line: string) => batch.add(format(line))
  return Object.assign(destination, { close, reopen, write })
}
