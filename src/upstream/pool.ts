/** Loads undici's connection pool without the rest of undici. */
/// <reference path="./undici-internals.d.ts" />
import type { Pool as FullPool } from 'undici'
import PoolOnly from 'undici/lib/dispatcher/pool.js'
import { prepareConnection } from './new-connection.ts'

type UndiciOptions = FullPool.Options

/**
 * The whole package adds fetch, caches, mocks and proxies: 13 MB of memory and a quarter of the start time. Only the members
 * of a plain dispatcher exist here. A static import, so that bundlers of programs include it.
 */
const UndiciPool: new (origin: string, options: UndiciOptions) => Pool & Pick<FullPool, 'on'> =
  PoolOnly

/** The connections to one origin. */
export type Pool = Pick<FullPool, 'dispatch' | 'close' | 'destroy' | 'stats'>

/** The pool opens connections when requests need them. */
export function openPool(origin: string, options: UndiciOptions): Pool {
  const pool = new UndiciPool(origin, options)
  pool.on('connect', (_origin, targets) => prepareConnection(targets.at(-1) as object))
  return pool
}
