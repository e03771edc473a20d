/** undici's connection pool, and no more of undici. */
import { createRequire } from 'node:module'
import type { Pool as UndiciPool } from 'undici'

/**
 * The whole package brings fetch, caches, mocks and proxies along, which costs 13 MB of memory and a quarter of the time of
 * a start. Not what it adds to a pool either: only what a dispatcher itself has is there.
 */
export const Pool: new (
  origin: string,
  options: UndiciPool.Options,
) => Pick<UndiciPool, 'dispatch' | 'close' | 'destroy' | 'stats'> = createRequire(import.meta.url)(
  'undici/lib/dispatcher/pool.js',
)
/** What {@link Pool} makes. */
export type Pool = InstanceType<typeof Pool>
