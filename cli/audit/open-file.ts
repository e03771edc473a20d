/** An audit file that is open for appending. All calls run in the thread pool, so that a slow disk never blocks requests. */
import { close, constants, fdatasync, fstat, open, stat, write } from 'node:fs'
import * as files from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

const openFile = promisify(open)
const writeFile = promisify(write)
const flushFile = promisify(fdatasync)
const closeFile = promisify(close)
const statOf = promisify(fstat)
const statAt = promisify(stat)

/** Only the user of the gateway reads and writes the file. */
const MODE = 0o600

const { O_APPEND, O_CREAT, O_NONBLOCK, O_WRONLY } = constants
const NO_FILE = 'it is no regular file'
/** Errors that show that a path names no file. After any other one, the file may still be there. */
const MISSING = new Set(['ENOENT', 'ENOTDIR'])

/** The file is a device or a pipe of the process, such as `/dev/stdout`. */
export function isDevice(path: string): boolean {
  return path.startsWith('/dev/')
}

/**
 * Opens a file for appending, and creates it.
 *
 * @throws Error of the system, and for a pipe, a socket or another special file that is no device
 */
export async function fileAt(path: string): Promise<OpenFile> {
  const isAny = isDevice(path)
  // Without O_NONBLOCK, opening a pipe would wait for its reader, and occupy a thread.
  const flags = O_APPEND | O_CREAT | O_WRONLY | (isAny ? 0 : O_NONBLOCK)
  const fd = await openFile(path, flags, MODE).catch((error: NodeJS.ErrnoException) => {
    // A pipe without a reader.
    throw error.code === 'ENXIO' ? new Error(NO_FILE) : error
  })
  const status = await statOf(fd)
  if (!isAny && !status.isFile()) {
    await closeFile(fd)
    throw new Error(NO_FILE)
  }
  const { dev, ino, size } = status
  if (size === 0 && !isAny) await flushDirectory(dirname(path))
  return new OpenFile(fd, { dev, ino, size })
}

/** A power failure could otherwise remove the name of a new file, and all its lines. Not every file system supports it. */
async function flushDirectory(path: string): Promise<void> {
  const directory = await files.open(path).catch(() => undefined)
  await directory?.sync().catch(() => undefined)
  await directory?.close()
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
    const found = await statAt(path).catch((error: NodeJS.ErrnoException) => error)
    if (found instanceof Error) return MISSING.has(found.code ?? '') ? 'missing' : undefined
    const { dev, ino } = this.#status
    if (found.dev !== dev || found.ino !== ino) return 'rotated'
    return found.isFile() && found.size < this.#size ? 'truncated' : undefined
  }
}
