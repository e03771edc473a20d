/** Uses Valkey or Redis as the shared store. */
import type { Redis } from 'iovalkey'
import type { SlotClaim } from '../limits/keyed-counter.ts'
import type { LeaseStore } from './leases.ts'
import type { SharedStore, StoreEvents } from './shared-store.ts'

/** Longest wait of a request for the store. */
const DEADLINE_MS = 100
/** Back-off after a timeout: the store is not used for this long. */
const BACK_OFF_MS = 5_000
const BACK_OFFS_BEFORE_RECONNECT = 3
/** Message of the client's timeout error, which has no code. */
const TIMED_OUT = 'Command timed out'
const CONNECT_TIMEOUT_MS = 2_000
const LONGEST_RETRY_MS = 5_000

/** One script, so that no counter can be left without a TTL. */
const COUNT = `
local count = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return {count, left}`

/** A sum above this is not increased: it would leave the numbers that a double holds exactly. */
const ADD = `
if tonumber(redis.call('GET', KEYS[1]) or '0') < 4e15 then redis.call('INCRBY', KEYS[1], ARGV[1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[2])`

/** The store's clock decides, because the clocks of gateways differ. */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`

/** Leases are members of a sorted set, scored by their expiry time. */
const ACQUIRE = `${NOW}
for i, key in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  if redis.call('ZCARD', key) >= tonumber(ARGV[i + 2]) then return 0 end
end
for _, key in ipairs(KEYS) do
  redis.call('ZADD', key, now + ARGV[2], ARGV[1])
  redis.call('PEXPIRE', key, ARGV[2])
end
return 1`

const RENEW = `${NOW}
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[i]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])`

/** Most leases that one command renews: the store blocks meanwhile. */
const MAX_RENEWED = 500

export class ValkeyStore implements SharedStore, LeaseStore {
  readonly #events: StoreEvents
  readonly #connecting: Promise<void>
  #client: Redis | undefined
  #isThere: boolean | undefined
  #backOffUntil = 0
  /** Back-offs in a row. */
  #backOffs = 0
  #isClosed = false

  /**
   * Connects in the background, and reconnects after each failure.
   *
   * @param url `redis://`, `rediss://` (TLS), `valkey://` or `valkeys://`, with user, password and database if needed
   */
  constructor(url: string, events: StoreEvents = {}) {
    this.#events = events
    this.#connecting = this.#connect(url.replace(/^valkey/i, 'redis'))
  }

  async #connect(url: string): Promise<void> {
    // Loaded only by gateways with a store.
    const { Redis: Client } = await import('iovalkey')
    if (this.#isClosed) return
    this.#client = new Client(url, {
      connectTimeout: CONNECT_TIMEOUT_MS,
      commandTimeout: DEADLINE_MS,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, LONGEST_RETRY_MS),
    })
      .on('ready', () => this.#report(true, undefined))
      .on('error', (error: NodeJS.ErrnoException) => this.#report(false, error.code ?? error.name))
      .on('close', () => this.#report(false, 'closed'))
  }

  /** Resolves when the first connection attempt has started. For tests and tools. */
  get started(): Promise<void> {
    return this.#connecting
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.#ask((client) => client.get(key))) ?? undefined
  }

  async count(key: string, windowMs: number) {
    const answer = await this.#ask((client) => client.eval(COUNT, 1, key, Math.ceil(windowMs)))
    const [count, leftMs] = Array.isArray(answer) ? answer.map(Number) : []
    return count === undefined || leftMs === undefined ? undefined : { count, leftMs }
  }

  add(key: string, amount: number, ttlMs: number): void {
    void this.#ask((client) => client.eval(ADD, 1, key, amount, Math.ceil(ttlMs)))
  }

  async acquire(
    claims: readonly SlotClaim[],
    id: string,
    leaseMs: number,
  ): Promise<boolean | undefined> {
    const keys = claims.map(([key]) => key)
    const most = claims.map(([, count]) => count)
    const answer = await this.#ask((client) =>
      client.eval(ACQUIRE, keys.length, ...keys, id, leaseMs, ...most),
    )
    return answer === undefined ? undefined : Number(answer) === 1
  }

  renew(key: string, ids: readonly string[], leaseMs: number): void {
    for (let at = 0; at < ids.length; at += MAX_RENEWED) {
      const some = ids.slice(at, at + MAX_RENEWED)
      void this.#ask((client) => client.eval(RENEW, 1, key, leaseMs, ...some))
    }
  }

  release(keys: readonly string[], id: string): void {
    for (const key of keys) void this.#ask((client) => client.zrem(key, id))
  }

  /** Sends a command; undefined when the store is unavailable or late. */
  async #ask<T>(question: (client: Redis) => Promise<T>): Promise<T | undefined> {
    const client = this.#ready()
    if (client === undefined) return undefined
    try {
      const answer = await question(client)
      this.#succeeded()
      return answer
    } catch (error) {
      this.#backOff(client, error)
      return undefined
    }
  }

  set(key: string, value: string, ttlMs: number): void {
    const client = this.#ready()
    client?.set(key, value, 'PX', ttlMs).then(
      () => this.#succeeded(),
      (error: unknown) => this.#backOff(client, error),
    )
  }

  #succeeded(): void {
    this.#backOffs = 0
    this.#report(true, undefined)
  }

  /**
   * Suspends all commands for a while: unsent commands would accumulate in memory. A connection without any answer may be
   * half open, so it is replaced.
   */
  #backOff(client: Redis, error: unknown): void {
    const now = performance.now()
    if (now < this.#backOffUntil) return
    this.#backOffUntil = now + BACK_OFF_MS
    const { message, code, name } = error as NodeJS.ErrnoException
    this.#report(false, message === TIMED_OUT ? 'ETIMEDOUT' : (code ?? name))
    if (++this.#backOffs < BACK_OFFS_BEFORE_RECONNECT) return
    this.#backOffs = 0
    client.disconnect(true)
  }

  close(): void {
    this.#isClosed = true
    this.#client?.disconnect()
  }

  #ready(): Redis | undefined {
    const client = this.#client
    const isUsable = client?.status === 'ready' && performance.now() >= this.#backOffUntil
    return isUsable ? client : undefined
  }

  /** Reports each change of availability once. */
  #report(isThere: boolean, reason: string | undefined): void {
    if (this.#isClosed || this.#isThere === isThere) return
    this.#isThere = isThere
    if (isThere) this.#backOffUntil = 0
    this.#events.onStore?.(isThere, reason)
  }
}
