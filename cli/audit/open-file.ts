/** An audit file that is open for appending. All calls run in the thread pool, so that a slow disk never blocks requests. */
import { close, fdatasync, fstat, open, stat, write } from 'node:fs'
import { promisify } from 'node:util'

const openFile = promisify(open)
const writeFile = promisify(write)
const flushFile = promisify(fdatasync)
const closeFile = promisify(close)
const statOf = promisify(fstat)
const statAt = promisify(stat)

/** Only the user of the gateway reads and writes the file. */
const MODE = 0o600

/** Opens a file for appending, and creates it. @throws Error of the system */
export async function fileAt(path: string): Promise<OpenFile> {
  const fd = await openFile(path, 'a', MODE)
  const { dev, ino, size } = await statOf(fd)
  return new OpenFile(fd, { dev, ino, size })
}

/** Device and inode of a file, and its size in bytes. */
interface FileStatus {
  readonly dev: number
  readonly ino: number
  readonly size: number
}

/** An open file. */
export class OpenFile {
  readonly #fd: number
  readonly #status: FileStatus
  #size: number
  #isDirty = false

  constructor(fd: number, status: FileStatus) {
    this.#fd = fd
    this.#status = status
    this.#size = status.size
  }

  /** Size at the last write, in bytes. */
  get size(): number {
    return this.#size
  }

  /** Appends bytes. @returns number of bytes written, which may be fewer than given @throws Error of the system */
  async write(bytes: Buffer): Promise<number> {
    const { bytesWritten } = await writeFile(this.#fd, bytes)
    this.#size += bytesWritten
    this.#isDirty = true
    return bytesWritten
  }

  /** Waits until the disk has everything that was written. @throws Error of the system */
  async flush(): Promise<void> {
    if (!this.#isDirty) return
    this.#isDirty = false
    await flushFile(this.#fd).catch((error: NodeJS.ErrnoException) => {
      // A character device, such as a terminal, has nothing to flush.
      if (error.code === 'EINVAL') return
      this.#isDirty = true
      throw error
    })
  }

  close(): Promise<void> {
    return closeFile(this.#fd)
  }

  /** How the file at this path differs from this one; undefined for the same file with all bytes. */
  async changeAt(path: string): Promise<'rotated' | 'missing' | 'truncated' | undefined> {
    const found = await statAt(path).catch(() => undefined)
    if (found === undefined) return 'missing'
    const { dev, ino } = this.#status
    if (found.dev !== dev || found.ino !== ino) return 'rotated'
    return found.isFile() && found.size < this.#size ? 'truncated' : undefined
  }
}
