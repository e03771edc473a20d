/** Listens for callers on each of the given addresses, and closes those listeners together. */
import { Server } from 'node:net'
import fp from 'fastify-plugin'
import { listenAlso } from '../src/listeners.ts'

/** Where callers connect. */
export interface CallerAddress {
  /** IP addresses or host names. */
  readonly hosts: readonly [string, ...string[]]
  /** The same at each address; 0 selects a free one. */
  readonly port: number
  /** Size of the accept backlog. Default: Node's. */
  readonly backlog?: number
}

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Listens at each address. Fastify's own `listen` opens a second server for `localhost`, without the gateway's limits.
     *
     * @throws Error when an address cannot be bound
     */
    listenOn(address: CallerAddress): Promise<void>
    /** Closes the listeners; open connections stay. */
    stopListening(): void
  }
}

export default fp(
  async (app) => {
    let others: readonly Server[] = []
    const stopOthers = () => {
      for (const listener of others) listener.close()
      others = []
    }
    app.decorate('listenOn', async ({ hosts: [host, ...more], port, backlog }: CallerAddress) => {
      await app.listen({ host, port, ...(backlog !== undefined && { backlog }) })
      others = await listenAlso(app.server, more, backlog)
    })
    app.decorate('stopListening', () => {
      stopOthers()
      // The `close` of an HTTP server also closes idle connections.
      Server.prototype.close.call(app.server)
    })
    app.addHook('onClose', async () => stopOthers())
  },
  { name: 'listener' },
)
