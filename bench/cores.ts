/** Who runs where: the proxy alone on a core, whatever the load does. */
import { availableParallelism } from 'node:os'

const cores = availableParallelism()

/** With one core nothing is pinned, and the figures are worth little. */
export const PROXY_CORE = cores > 1 ? 0 : undefined
export const UPSTREAM_CORE = cores > 1 ? 1 : undefined
export const LOAD_CORE = cores > 2 ? 2 : UPSTREAM_CORE
