/** Starts the built gateway as a process in front of replicas. */
import type { GatewayProcess, ProcessOptions } from '../../support/process.ts'
import { startProcess } from '../../support/process.ts'
import type { Replicas } from './replicas.ts'

/** A small heap, so that resident memory shows live data and not garbage. */
export const SMALL_HEAP = { NODE_OPTIONS: '--max-semi-space-size=8 --max-old-space-size=160' }

/** Returns the keys of the configuration file. @param upstream keys of the only upstream */
export function documentOf(
  { urls }: Pick<Replicas, 'urls'>,
  keys: object = {},
  upstream: object = {},
) {
  return { upstreams: [{ name: 'u', urls, ...upstream }], ...keys }
}

/** Starts the output of `npm run build` and waits until its upstream is ready. */
export async function startBuilt(
  document: object,
  options: ProcessOptions = {},
): Promise<GatewayProcess> {
  const gateway = await startProcess(document, { program: 'dist/server.js', ...options })
  if (options.port === undefined) await gateway.until(({ state }) => state === 'ready')
  return gateway
}
