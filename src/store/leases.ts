/** Leases slots of a limit that several gateways share. The leases of a gateway that dies expire. */
import { hash, randomUUID } from 'node:crypto'
import type { SlotClaim } from '../limits/keyed-counter.ts'

/** How long a lease lasts without a renewal, in milliseconds. */
const LEASE_MS = 15_000
/** Renewals per lease, so that a short outage of the store loses no slot. */
const RENEWALS = 3

/** Stores leases. As a {@link SharedStore}, it may be slow or unavailable at any time. */
export interface LeaseStore {
  /**
   * Acquires a slot for each claim, or none.
   *
   * @param claims keys and the number of slots of each
   * @param id id of the lease
   * @param leaseMs time until the lease expires
   * @returns undefined when the store does not answer in time; never rejects
   */
  acquire(claims: readonly SlotClaim[], id: string, leaseMs: number): Promise<boolean | undefined>
  /** Renews leases, also leases that the store does not know. Returns at once and never fails. */
  renew(key: string, ids: readonly string[], leaseMs: number): void
  /** Releases slots. Returns at once and never fails. */
  release(keys: readonly string[], id: string): void
}

/** Result of an acquisition. */
export interface Lease {
  /** Undefined when the store did not answer. The slots are renewed all the same, so that the store knows them later. */
  readonly isGranted: boolean | undefined
  /** Releases the slots. Call it once. */
  release(): void
}

export interface LeasesOptions {
  /** Separates the leases of unrelated gateways in one store. */
  readonly namespace: string
  /** Default 15 s. A lease is renewed three times in that time. */
  readonly leaseMs?: number
}

export class Leases {
  readonly #store: LeaseStore
  readonly #namespace: string
  readonly #leaseMs: number
  /** Ids of the held leases, by key. */
  readonly #held = new Map<string, Set<string>>()
  #timer: NodeJS.Timeout | undefined

  constructor(store: LeaseStore, { namespace, leaseMs = LEASE_MS }: LeasesOptions) {
    this.#store = store
    this.#namespace = namespace
    this.#leaseMs = leaseMs
  }

  /**
   * Acquires a slot for each claim, or none. Never rejects.
   *
   * @param claims keys of any length and their number of slots; the store gets hashes of the keys
   */
  async acquire(claims: readonly SlotClaim[]): Promise<Lease> {
    const id = randomUUID()
    const named = claims.map(([key, most]): SlotClaim => [this.#nameOf(key), most])
    const keys = named.map(([key]) => key)
    // Renewed from now on, because a late answer of the store may have granted it.
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

  /** Stops renewing; the leases expire. */
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
