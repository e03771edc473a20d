/** The key set of an issuer, fetched while the gateway runs. */
import { isDeepStrictEqual } from 'node:util'
import { keysOfSet } from '../../config/jwk.ts'
import type { JwtKeyConfig } from '../../config/types.ts'

/** How old a set may be before it is fetched anew, behind the callers' backs. */
const FRESH_MS = 600_000
/** Least time between two fetches that unknown key ids ask for: nobody can make the gateway flood the issuer. */
const PAUSE_MS = 30_000
/** The same while no set is known at all. */
const FIRST_PAUSE_MS = 1_000
const TIMEOUT_MS = 5_000
const LARGEST_SET_BYTES = 1024 * 1024

/** What the set of keys is made with. */
export interface RemoteKeysOptions {
  /** Told of a fetch that failed; the last set stays in force. */
  readonly onFailure?: (reason: string) => void
  /** Default `fetch`. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>
  /** Milliseconds that only grow. Default `performance.now`. */
  readonly now?: () => number
}

/**
 * Keys of a JSON Web Key Set at an address. One fetch at a time; a failure leaves the last set in force. Never waited for
 * at start-up.
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

  /** The last set that was fetched, however old; undefined before the first. Asks for a newer one when it is time. */
  get known(): readonly JwtKeyConfig[] | undefined {
    this.#renewWhenOld()
    return this.#keys
  }

  /** Another number for each set that differs from the one before. Asks for a newer set when it is time. */
  get version(): number {
    this.#renewWhenOld()
    return this.#version
  }

  #renewWhenOld(): void {
    if (this.#now() - this.#askedAtMs > FRESH_MS) void this.#fetchOnce()
  }

  /**
   * Fetches the set, unless that was done a moment ago. Resolves when it is done, also when it failed.
   *
   * @returns false when the set was not asked for
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
    const set = keysOfSet(JSON.parse(await textOf(response)), false)
    if (set === undefined || set.keys.length === 0) throw new Error('holds no usable key')
    return set.keys
  }

  #now(): number {
    return (this.#options.now ?? performance.now.bind(performance))()
  }
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

/** `fetch` only says that it failed; why is in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  const isNamed = cause instanceof Error && 'code' in cause
  return isNamed ? `${error.message} (${String(cause.code)})` : error.message
}
