/** undici's connection pool, and no more of undici. */
import { createRequire } from 'node:module'
import type { Pool as FullPool } from 'undici'
import { acceptContinue } from './informational.ts'

type UndiciOptions = FullPool.Options

/**
 * The whole package brings fetch, caches, mocks and proxies along, which costs 13 MB of memory and a quarter of the time of
 * a start. Not what it adds to a pool either: only what a dispatcher itself has is there.
 */
const UndiciPool: new (origin: string, options: UndiciOptions) => Pool & Pick<FullPool, 'on'> =
  createRequire(import.meta.url)('undici/lib/dispatcher/pool.js')

/** The connections to one origin. */
export type Pool = Pick<FullPool, 'dispatch' | 'close' | 'destroy' | 'stats'>

/** Connections are opened as requests need them. */
export function openPool(origin: string, options: UndiciOptions): Pool {
  const pool = new UndiciPool(origin, options)
  pool.on('connect', (_origin, targets) => acceptContinue(targets.at(-1) as object))
  return pool
}
