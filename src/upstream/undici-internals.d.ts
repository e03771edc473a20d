/** Types of the modules of undici that have none: its pool alone, and the symbols of a connection's socket and parser. */

declare module 'undici/lib/dispatcher/pool.js' {
  import type { Pool } from 'undici'

  const PoolOnly: new (origin: string, options: Pool.Options) => Pool
  export = PoolOnly
}

declare module 'undici/lib/core/symbols.js' {
  const symbols: { readonly kParser: unique symbol; readonly kSocket: unique symbol }
  export = symbols
}
