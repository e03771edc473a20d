/** Assigns CPU cores: the proxy gets one to itself, away from the load. */
import { availableParallelism } from 'node:os'

const cores = availableParallelism()

/** With one core nothing is pinned and the figures mean little. */
export const PROXY_CORE = cores > 1 ? 0 : undefined
export const UPSTREAM_CORE = cores > 1 ? 1 : undefined
export const LOAD_CORE = cores > 2 ? 2 : UPSTREAM_CORE
