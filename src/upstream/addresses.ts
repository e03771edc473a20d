/** The addresses of a host name: used in turn, looked up again when they are old, and followed as they change. */
import type { LookupAddress, LookupOptions } from 'node:dns'
import { lookup } from 'node:dns/promises'

/** Every address of a host name. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>

const systemResolve: Resolve = (hostname) => lookup(hostname, { all: true })

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void

/** Options of {@link Addresses}. */
export interface AddressesOptions {
  readonly ttlMs: number
  /** Default: the system's resolver. */
  readonly resolve?: Resolve | undefined
  /** An address that was in use is not one of the host's any more. */
  onGone(): void
}

export class Addresses {
  readonly #hostname: string
  readonly #options: AddressesOptions
  readonly #resolve: Resolve
  #known: readonly LookupAddress[] = []
  #askedAt = Number.NEGATIVE_INFINITY
  #asking: Promise<void> | undefined
  #turn = 0

  constructor(hostname: string, options: AddressesOptions) {
    this.#hostname = hostname
    this.#options = options
    this.#resolve = options.resolve ?? systemResolve
  }

  /** Looks the name up again, behind everybody's back, when what is known is old. @param now `performance.now()` */
  refreshIfOld(now: number): void {
    if (now - this.#askedAt >= this.#options.ttlMs) void this.#ask().catch(() => undefined)
  }

  /**
   * For `net.connect`, which tries the addresses in the given order until one accepts: a different one comes first each
   * time. What was known is used while the name can't be looked up.
   */
  readonly lookup = (_hostname: string, options: LookupOptions, callback: LookupCallback): void => {
    const isFresh = performance.now() - this.#askedAt < this.#options.ttlMs
    if (isFresh && this.#known.length > 0) {
      this.#answer(options, callback)
      return
    }
    this.#ask().then(
      () => this.#answer(options, callback),
      (error: NodeJS.ErrnoException) => {
        if (this.#known.length > 0) this.#answer(options, callback)
        else callback(error, [])
      },
    )
  }

  #answer(options: LookupOptions, callback: LookupCallback): void {
    const first = this.#turn++ % this.#known.length
    const inTurn = [...this.#known.slice(first), ...this.#known.slice(0, first)]
    if (options.all) callback(null, inTurn)
    else callback(null, inTurn[0]?.address ?? '', inTurn[0]?.family)
  }

  #ask(): Promise<void> {
    this.#asking ??= this.#resolve(this.#hostname)
      .then((found) => this.#learn(found))
      .finally(() => {
        this.#asking = undefined
        this.#askedAt = performance.now()
      })
    return this.#asking
  }

  #learn(found: readonly LookupAddress[]): void {
    if (found.length === 0) return
    const isGone = this.#known.some(({ address }) => found.every((one) => one.address !== address))
    this.#known = found
    if (isGone) this.#options.onGone()
  }
}
