/** Which responses are under way, so that shutting down can wait for them and, in the end, break them off. */
import {
  setImmediate as setImmediatePromise,
  setTimeout as setTimeoutPromise,
} from 'node:timers/promises'
import fp from 'fastify-plugin'
import { GatewayError } from '../src/errors.ts'
import { IdleConnections } from '../src/limits/idle-connections.ts'
import type { Relay } from '../src/relay/relay.ts'
import { UnorderedSet } from '../src/unordered-set.ts'

/** How often a draining process looks whether it is done, in milliseconds. */
const POLL_MS = 50

/** A turn of the event loop in which next to nothing was done, in milliseconds. */
const SHORT_TURN_MS = 0.1
const MAX_TURNS = 200
/**
 * How long nothing may have happened on a kept connection before it is closed, in milliseconds, and twice `drain_delay` on
 * top: the longer it was quiet, the less likely is a request on its way.
 */
const IDLE_MS = 1_000

/** An answer or a conversation under way. */
export interface OpenResponse {
  /** Ends it now, typed as AgentOS types its own failures. */
  onError(error: GatewayError): void
  /** Ends it as soon as nothing is under way in it. Without this, it ends by itself. */
  drain?(): void
}

declare module 'fastify' {
  interface FastifyInstance {
    readonly openResponses: UnorderedSet<OpenResponse>
    /** Reads an answer whose caller is gone to its end, but no longer than `timeoutMs`. */
    detach(relay: Relay, timeoutMs: number): void
    /** True from the first moment of shutting down. */
    isDraining: boolean
    /**
     * Not ready from now on. Accepts requests for `delayMs` more, so that balancers notice; then takes no new
     * connections, lets what is open go on for `timeoutMs`, and ends what is left with a typed last event.
     */
    drain(timeoutMs: number, delayMs?: number): Promise<void>
  }
}

export default fp(
  async (app) => {
    const open = new UnorderedSet<OpenResponse>()
    const connections = new IdleConnections(app.server)
    app.decorate('openResponses', open)
    app.decorate('detach', (relay: Relay, timeoutMs: number) => {
      const timer = setTimeout(() => end(), timeoutMs).unref()
      const end = () => {
        clearTimeout(timer)
        open.delete(relay)
        relay.abort()
      }
      relay.detach(end)
    })
    app.decorate('isDraining', false)
    app.decorate('drain', async function drain(timeoutMs: number, delayMs = 0) {
      app.isDraining = true
      if (delayMs > 0) {
        await setTimeoutPromise(delayMs)
        await emptyBacklog()
      }
      connections.stopListening()
      for (const relay of open) relay.drain?.()
      const deadline = performance.now() + timeoutMs
      while (open.size + connections.size > 0 && performance.now() < deadline) {
        connections.closeIdle(IDLE_MS + 2 * delayMs)
        await setTimeoutPromise(POLL_MS)
      }
      for (const relay of open) relay.onError(new GatewayError('AGW_DRAINING'))
    })
    // On every answer, relayed ones too: whoever asks again does it on a connection to somebody else.
    app.addHook('onRequest', (_request, reply, done) => {
      if (app.isDraining) reply.header('connection', 'close')
      done()
    })
  },
  { name: 'draining' },
)

/**
 * Closing the door breaks connections that wait in front of it, so it is closed right after those that waited were taken: in a
 * turn of the event loop that was short. Without one, after some turns.
 */
async function emptyBacklog(): Promise<void> {
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const beganAt = performance.now()
    await setImmediatePromise()
    if (turn > 0 && performance.now() - beganAt < SHORT_TURN_MS) return
  }
}
