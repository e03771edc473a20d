/**
 * Detects changed file contents, independent of the way in which an editor, a deployment tool or a ConfigMap writes
 * them.
 */
import { createHash } from 'node:crypto'
import type { FSWatcher } from 'node:fs'
import { watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'

/** Prefix of the links that Kubernetes replaces when a ConfigMap changes. */
const ATOMIC_WRITER = '..'

export interface WatchOptions {
  /** Interval in which the files are read without a notification, in milliseconds. Default 2,000. */
  readonly pollMs?: number
  /** Time for which a change must be stable, so that a half-written file is not read. Default 100. */
  readonly settleMs?: number
}

/**
 * Compares contents, so that touched files and lost notifications do not matter. Resolves symbolic links on every read.
 * Does not keep the process alive.
 */
export class FileWatch {
  readonly #onChange: () => void
  readonly #settleMs: number
  readonly #poll: NodeJS.Timeout
  readonly #directories = new Map<string, FSWatcher | undefined>()
  #files: readonly string[]
  #digest: string | undefined
  #settling: NodeJS.Timeout | undefined
  #pending: string | undefined
  #isStopped = false

  /** @param onChange called once for each stable change */
  constructor(files: readonly string[], onChange: () => void, options: WatchOptions = {}) {
    const { pollMs = 2_000, settleMs = 100 } = options
    this.#onChange = onChange
    this.#settleMs = settleMs
    this.#files = files
    this.#poll = setInterval(() => void this.#look(), pollMs).unref()
    void this.watch(files)
  }

  /** Watches these files from now on. Their present contents count as unchanged. Resolves when they have been read. */
  async watch(files: readonly string[]): Promise<void> {
    this.#files = files
    this.#watchDirectories()
    const digest = await digestOf(files)
    if (files === this.#files) this.#digest = digest
  }

  stop(): void {
    this.#isStopped = true
    clearInterval(this.#poll)
    clearTimeout(this.#settling)
    for (const watcher of this.#directories.values()) watcher?.close()
  }

  /** A replaced file loses its watch, but its directory keeps one. */
  #watchDirectories(): void {
    const wanted = new Set(this.#files.map(dirname))
    for (const [directory, watcher] of this.#directories) {
      if (wanted.has(directory)) continue
      watcher?.close()
      this.#directories.delete(directory)
    }
    for (const directory of wanted) {
      if (this.#directories.has(directory)) continue
      this.#directories.set(directory, this.#watchDirectory(directory))
    }
  }

  /** Undefined when the system cannot watch the directory: polling still works. */
  #watchDirectory(directory: string): FSWatcher | undefined {
    try {
      const watcher = watch(directory, { persistent: false }, (_event, name) => {
        if (this.#mayMatter(directory, name)) void this.#look()
      })
      return watcher.on('error', () => watcher.close())
    } catch {
      return undefined
    }
  }

  /** Ignores log files in the same directory: each of their lines would cause another read. */
  #mayMatter(directory: string, name: string | null): boolean {
    if (name === null || name.startsWith(ATOMIC_WRITER)) return true
    return this.#files.some((file) => basename(file) === name && dirname(file) === directory)
  }

  async #look(): Promise<void> {
    const before = this.#digest
    const digest = await digestOf(this.#files)
    const isOutdated = this.#isStopped || before === undefined || before !== this.#digest
    if (isOutdated || digest === this.#pending) return
    this.#pending = digest === before ? undefined : digest
    clearTimeout(this.#settling)
    if (this.#pending === undefined) return
    this.#settling = setTimeout(() => void this.#settle(digest), this.#settleMs).unref()
  }

  async #settle(digest: string): Promise<void> {
    this.#pending = undefined
    if ((await digestOf(this.#files)) !== digest) {
      await this.#look()
      return
    }
    if (this.#isStopped || this.#digest === digest) return
    this.#digest = digest
    this.#onChange()
  }
}

/** Digest of all files; an unreadable file has a distinct content. */
async function digestOf(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const file of files) {
    const content = await readFile(file).catch((error: NodeJS.ErrnoException) => `${error.code}`)
    hash.update(`${content.length} `).update(content)
  }
  return hash.digest('hex')
}
