/** Caches the addresses of a host name for a TTL, and rotates them between connections. */
import type { LookupAddress, LookupOptions } from 'node:dns'
import { lookup } from 'node:dns/promises'

/** Resolves all addresses of a host name. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>

const systemResolve: Resolve = (hostname) => lookup(hostname, { all: true })

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void

/** Options of {@link DnsCache}. */
export interface DnsCacheOptions {
  readonly ttlMs: number
  /** Default: the system's resolver. */
  readonly resolve?: Resolve | undefined
  /** Called when a resolved name lacks an address that it had before. */
  onRemoved(): void
}

export class DnsCache {
  readonly #hostname: string
  readonly #options: DnsCacheOptions
  readonly #resolve: Resolve
  #known: readonly LookupAddress[] = []
  #resolvedAt = Number.NEGATIVE_INFINITY
  #resolving: Promise<void> | undefined
  #next = 0

  constructor(hostname: string, options: DnsCacheOptions) {
    this.#hostname = hostname
    this.#options = options
    this.#resolve = options.resolve ?? systemResolve
  }

  /** Resolves the name in the background when the cached addresses are older than the TTL. @param now `performance.now()` */
  refreshIfOld(now: number): void {
    if (now - this.#resolvedAt >= this.#options.ttlMs)
      void this.#resolveName().catch(() => undefined)
  }

  /**
   * Lookup function for `net.connect`, which tries the addresses in order. Each call starts with another address. The old
   * addresses stay in use while the name cannot be resolved.
   */
  readonly lookup = (_hostname: string, options: LookupOptions, callback: LookupCallback): void => {
    const isFresh = performance.now() - this.#resolvedAt < this.#options.ttlMs
    if (isFresh && this.#known.length > 0) {
      this.#answer(options, callback)
      return
    }
    this.#resolveName().then(
      () => this.#answer(options, callback),
      (error: NodeJS.ErrnoException) => {
        if (this.#known.length > 0) this.#answer(options, callback)
        else callback(error, [])
      },
    )
  }

  #answer(options: LookupOptions, callback: LookupCallback): void {
    const first = this.#next++ % this.#known.length
    const inTurn = [...this.#known.slice(first), ...this.#known.slice(0, first)]
    if (options.all) callback(null, inTurn)
    else callback(null, inTurn[0]?.address ?? '', inTurn[0]?.family)
  }

  #resolveName(): Promise<void> {
    this.#resolving ??= this.#resolve(this.#hostname)
      .then((found) => this.#learn(found))
      .finally(() => {
        this.#resolving = undefined
        this.#resolvedAt = performance.now()
      })
    return this.#resolving
  }

  #learn(found: readonly LookupAddress[]): void {
    if (found.length === 0) return
    const isGone = this.#known.some(({ address }) => found.every((one) => one.address !== address))
    this.#known = found
    if (isGone) this.#options.onRemoved()
  }
}
