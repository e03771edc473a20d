/** Fetches and caches the JSON Web Key Set of an issuer. */
import { isDeepStrictEqual } from 'node:util'
import { entriesOfSet, keysOfEntry } from '../../config/jwk.ts'
import type { JwtKeyConfig } from '../../config/types.ts'
import { Turn } from '../turns.ts'

/** Age at which a set is fetched again in the background, in milliseconds. */
const FRESH_MS = 600_000
/** Least time between two fetches caused by unknown key ids, so that callers cannot flood the issuer. */
const PAUSE_MS = 30_000
/** Least time between two fetches before the first set has been fetched. */
const FIRST_PAUSE_MS = 1_000
const TIMEOUT_MS = 5_000
const LARGEST_SET_BYTES = 1024 * 1024

/** Options of a key set. */
export interface RemoteKeysOptions {
  /** Called for a failed fetch; the last set stays in force. */
  readonly onFailure?: (reason: string) => void
  /** Default `fetch`. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>
  /** Milliseconds that only grow. Default `performance.now`. */
  readonly now?: () => number
}

/**
 * Keys of a JSON Web Key Set at a URL. One fetch runs at a time; a failure leaves the last set in force; no start waits
 * for it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7517#section-5
 */
export class RemoteKeys {
  readonly url: string
  readonly #options: RemoteKeysOptions
  #keys: readonly JwtKeyConfig[] | undefined
  #version = 0
  #askedAtMs = Number.NEGATIVE_INFINITY
  #underWay: Promise<void> | undefined

  constructor(url: string, options: RemoteKeysOptions = {}) {
    this.url = url
    this.#options = options
  }

  /** The last fetched set, of any age; undefined before the first. Starts a fetch when it is due. */
  get known(): readonly JwtKeyConfig[] | undefined {
    this.#renewWhenOld()
    return this.#keys
  }

  /** A number that changes with the keys. Starts a fetch when it is due. */
  get version(): number {
    this.#renewWhenOld()
    return this.#version
  }

  #renewWhenOld(): void {
    if (this.#now() - this.#askedAtMs > FRESH_MS) void this.#fetchOnce()
  }

  /**
   * Fetches the set, unless the last fetch was moments ago. Resolves after success and after failure.
   *
   * @returns false when no fetch was made
   */
  async refresh(): Promise<boolean> {
    const pauseMs = this.#keys === undefined ? FIRST_PAUSE_MS : PAUSE_MS
    const isRecent = this.#now() - this.#askedAtMs < pauseMs
    if (this.#underWay === undefined && isRecent) return false
    await this.#fetchOnce()
    return true
  }

  #fetchOnce(): Promise<void> {
    this.#underWay ??= this.#fetch().finally(() => {
      this.#underWay = undefined
    })
    return this.#underWay
  }

  async #fetch(): Promise<void> {
    this.#askedAtMs = this.#now()
    try {
      const keys = await this.#load()
      if (isDeepStrictEqual(keys, this.#keys)) return
      this.#keys = keys
      this.#version++
    } catch (error) {
      this.#options.onFailure?.(reasonOf(error))
    }
  }

  async #load(): Promise<readonly JwtKeyConfig[]> {
    const ask = this.#options.fetch ?? fetch
    const response = await ask(this.url, {
      headers: { accept: 'application/jwk-set+json, application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (response.status !== 200) throw new Error(`status ${response.status}`)
    const keys = await keysIn(JSON.parse(await textOf(response)))
    if (keys.length === 0) throw new Error('contains no usable key')
    return keys
  }

  #now(): number {
    return (this.#options.now ?? performance.now.bind(performance))()
  }
}

/** Reads the keys in several turns: the thousands of a large set take half a second. */
async function keysIn(document: unknown): Promise<readonly JwtKeyConfig[]> {
  const keys: JwtKeyConfig[] = []
  const turn = new Turn()
  for (const entry of entriesOfSet(document) ?? []) {
    keys.push(...keysOfEntry(entry, false))
    await turn.rest()
  }
  return keys
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > LARGEST_SET_BYTES) throw new Error(`is larger than ${LARGEST_SET_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The error of `fetch` has the reason in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  const isNamed = cause instanceof Error && 'code' in cause
  return isNamed ? `${error.message} (${String(cause.code)})` : error.message
}
