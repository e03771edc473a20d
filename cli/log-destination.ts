/** Where the log goes. What is wrong there, a full disk or a reader that is gone, never takes the gateway along. */
import { once } from 'node:events'
import { setTimeout as setTimeoutCallback } from 'node:timers'
import { setTimeout } from 'node:timers/promises'
import type { DestinationStream } from 'pino'
import { pino } from 'pino'

/** Lines that wait for a destination that is slow or full, in bytes; what comes on top of them is lost. */
const MOST_HELD_BYTES = 8 * 1024 * 1024
const STANDARD_OUTPUT = 1
/** How long a line waits for others, in milliseconds, and how many characters of them there may be. */
const BATCH_MS = 20
const BATCH_LENGTH = 16 * 1024
/** How long the last lines may take, in milliseconds. */
const CLOSE_MS = 1_000

/** Reports about the log itself, which the log cannot contain. */
export interface LogDestinationEvents {
  /** The first line after a success that could not be written. Later lines try again. */
  onFailure(error: Error): void
  /** It can be written again. @param lostLines dropped since the last report */
  onRecovery(lostLines: number): void
}

/** Lines of a short while, which leave together: each write of a file costs more than making a line does. */
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

/** Writes in the background and holds back a bounded amount. */
export interface LogDestination extends DestinationStream {
  /** Writes what is left, as far as that is possible at once. Lines that come later are lost. */
  close(): Promise<void>
  /** Opens the file again, after it was moved away, without losing a line. Does nothing when there is no file. */
  reopen(): void
}

/**
 * @param file default: standard output
 * @param format turns a line into the text to write. Default: unchanged
 * @throws when the file can't be opened
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
  // Called when the process exits; on a full disk it would try for ever.
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
