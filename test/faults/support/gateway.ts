/** The built gateway, as a process, in front of replicas. */
import type { GatewayProcess, ProcessOptions } from '../../support/process.ts'
import { startProcess } from '../../support/process.ts'
import type { Replicas } from './replicas.ts'

/** So that resident memory shows what is held, and not what has not been collected yet. */
export const SMALL_HEAP = { NODE_OPTIONS: '--max-semi-space-size=8 --max-old-space-size=160' }

/** The configuration file's keys. @param upstream keys of the only upstream */
export function documentOf(
  { urls }: Pick<Replicas, 'urls'>,
  keys: object = {},
  upstream: object = {},
) {
  return { upstreams: [{ name: 'u', urls, ...upstream }], ...keys }
}

/** Starts what `npm run build` made, and waits until it has heard its upstream. */
export async function startBuilt(
  document: object,
  options: ProcessOptions = {},
): Promise<GatewayProcess> {
  const gateway = await startProcess(document, { program: 'dist/server.js', ...options })
  if (options.port === undefined) await gateway.until(({ state }) => state === 'ready')
  return gateway
}
