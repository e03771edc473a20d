/** Notifies listening clients when the tools have changed, by polling the catalogue in force. */
import type { FastifyInstance } from 'fastify'
import type { McpSdk } from './sdk.ts'

/** Interval of the poll, in milliseconds. Upstreams are asked for their components less often. */
const PERIOD_MS = 2_000

/** Compares one reference for each period, until the app closes. */
export function watchTools(app: FastifyInstance, sdk: McpSdk): void {
  let timer: NodeJS.Timeout | undefined
  app.addHook('onReady', async () => {
    let known = app.engine.current.discovery.current
    timer = setInterval(() => {
      const { current } = app.engine.current.discovery
      if (current === known) return
      known = current
      sdk.toolsChanged()
    }, PERIOD_MS).unref()
  })
  app.addHook('onClose', async () => clearInterval(timer))
}
