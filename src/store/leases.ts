/** Places that gateways hold together, each for as long as it says so: those of one that dies are free again soon. */
import { hash, randomUUID } from 'node:crypto'
import type { SlotClaim } from '../limits/keyed-counter.ts'

/** How long a place is held without a word from its gateway, in milliseconds. */
const LEASE_MS = 15_000
/** How often a gateway says that it still holds its places: a store that was away for a moment loses none. */
const RENEWALS = 3

/** Where places are kept. As a {@link SharedStore}, it may be slow, empty or gone at any time. */
export interface LeaseStore {
  /**
   * Takes a place at each key, or none.
   *
   * @param claims keys, and how many places there are at each
   * @param id of whom takes them
   * @param leaseMs after which they are free, unless they are held on to
   * @returns undefined when the store does not say so at once; never rejects
   */
  acquire(claims: readonly SlotClaim[], id: string, leaseMs: number): Promise<boolean | undefined>
  /** Holds on to places, also such as the store does not know; returns at once and never fails. */
  renew(key: string, ids: readonly string[], leaseMs: number): void
  /** Gives places back; returns at once and never fails. */
  release(keys: readonly string[], id: string): void
}

/** What the store said of a claim. */
export interface Lease {
  /** Undefined: the store said nothing. The places are held all the same, for it to know once it is there again. */
  readonly isGranted: boolean | undefined
  /** Gives the places back; to be called once. */
  release(): void
}

export interface LeasesOptions {
  /** Keeps gateways apart that have nothing to do with each other. */
  readonly namespace: string
  /** Default 15 s. A third of it passes between two renewals. */
  readonly leaseMs?: number
}

export class Leases {
  readonly #store: LeaseStore
  readonly #namespace: string
  readonly #leaseMs: number
  /** Ids by key, of places that are held. */
  readonly #held = new Map<string, Set<string>>()
  #timer: NodeJS.Timeout | undefined

  constructor(store: LeaseStore, { namespace, leaseMs = LEASE_MS }: LeasesOptions) {
    this.#store = store
    this.#namespace = namespace
    this.#leaseMs = leaseMs
  }

  /**
   * Takes a place for each claim, or none. Never rejects.
   *
   * @param claims names of any length, which are never shown to the store, and how many places there are for each
   */
  async acquire(claims: readonly SlotClaim[]): Promise<Lease> {
    const id = randomUUID()
    const named = claims.map(([key, most]): SlotClaim => [this.#nameOf(key), most])
    const keys = named.map(([key]) => key)
    // Held from now on: a store that is late may have granted what it did not say.
    for (const key of keys) this.#add(key, id)
    const isGranted = await this.#store.acquire(named, id, this.#leaseMs)
    if (isGranted === false) this.#forget(keys, id)
    return {
      isGranted,
      release: () => {
        this.#forget(keys, id)
        this.#store.release(keys, id)
      },
    }
  }

  /** Says no more that it holds anything: what is held is free after its time. */
  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #nameOf(key: string): string {
    return `agentos-gateway:${this.#namespace}:runs:${hash('sha256', key, 'base64url')}`
  }

  #add(key: string, id: string): void {
    const ids = this.#held.get(key)
    if (ids) ids.add(id)
    else this.#held.set(key, new Set([id]))
    this.#timer ??= setInterval(() => this.#renew(), this.#leaseMs / RENEWALS).unref()
  }

  #forget(keys: readonly string[], id: string): void {
    for (const key of keys) {
      const ids = this.#held.get(key)
      ids?.delete(id)
      if (ids?.size === 0) this.#held.delete(key)
    }
    if (this.#held.size === 0) this.close()
  }

  #renew(): void {
    for (const [key, ids] of this.#held) this.#store.renew(key, [...ids], this.#leaseMs)
  }
}
