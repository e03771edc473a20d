/** Tracks open responses, so that a shutdown waits for them up to `drain_timeout` and then ends them. */
import {
  setImmediate as setImmediatePromise,
  setTimeout as setTimeoutPromise,
} from 'node:timers/promises'
import fp from 'fastify-plugin'
import { GatewayError } from '../src/errors.ts'
import { IdleConnections } from '../src/limits/idle-connections.ts'
import type { Relay } from '../src/relay/relay.ts'
import { UnorderedSet } from '../src/unordered-set.ts'
import { isForComposer } from './member-listener.ts'

/** Interval at which a draining process checks for open responses, in milliseconds. */
const POLL_MS = 50

/** An event-loop turn shorter than this had no new connections to accept, in milliseconds. */
const SHORT_TURN_MS = 0.1
const MAX_TURNS = 200
/**
 * Idle time after which a kept-alive connection is closed, in milliseconds, plus twice `drain_delay`. A long idle time
 * makes a request in transit unlikely.
 */
const IDLE_MS = 1_000

/** An open response or WebSocket. */
export interface OpenResponse {
  /** Ends it now with an error event in AgentOS's shape. */
  onError(error: GatewayError): void
  /** Ends it once it has no open run. Without this method it ends by itself. */
  drain?(): void
}

declare module 'fastify' {
  interface FastifyInstance {
    readonly openResponses: UnorderedSet<OpenResponse>
    /** Reads the response of a caller that left to its end, for at most `timeoutMs`. @param onEnd called at the end */
    detach(relay: Relay, timeoutMs: number, onEnd: () => void): void
    /** True from the start of the shutdown. */
    isDraining: boolean
    /**
     * Drains the process. `/gateway/ready` fails at once; requests are accepted for `delayMs` more, so that balancers
     * notice. Then the listener closes, open responses continue for `timeoutMs`, and the rest ends with a typed event.
     *
     * @param beforeEnd called when the callers have their responses or the time is over, before the rest ends. Until then
     *   the composer's calls of members are served
     */
    drain(timeoutMs: number, delayMs?: number, beforeEnd?: () => Promise<void>): Promise<void>
  }
}

export default fp(
  async (app) => {
    const open = new UnorderedSet<OpenResponse>()
    const connections = new IdleConnections(app.server)
    app.decorate('openResponses', open)
    app.decorate('detach', (relay: Relay, timeoutMs: number, onEnd: () => void) => {
      const timer = setTimeout(() => end(), timeoutMs).unref()
      const end = () => {
        clearTimeout(timer)
        open.delete(relay)
        relay.abort()
        onEnd()
      }
      relay.detach(end)
    })
    app.decorate('isDraining', false)
    /** Composed runs outlive the process, so the composer's own calls are not waited for. */
    const areCallersServed = () => connections.size === 0 && [...open].every(isForComposer)
    app.decorate('drain', async function drain(timeoutMs: number, delayMs = 0, beforeEnd) {
      app.isDraining = true
      if (delayMs > 0) {
        await setTimeoutPromise(delayMs)
        await emptyBacklog()
      }
      app.stopListening()
      for (const relay of open) relay.drain?.()
      const deadline = performance.now() + timeoutMs
      while (!areCallersServed() && performance.now() < deadline) {
        connections.closeIdle(IDLE_MS + 2 * delayMs)
        await setTimeoutPromise(POLL_MS)
      }
      await beforeEnd?.()
      for (const relay of open) relay.onError(new GatewayError('AGW_DRAINING'))
    })
    // Also on relayed responses: the caller's next request goes to another gateway.
    app.addHook('onRequest', (_request, reply, done) => {
      if (app.isDraining) reply.header('connection', 'close')
      done()
    })
  },
  { name: 'draining', dependencies: ['listener'] },
)

/**
 * Closing the listener resets connections in the accept backlog. So it closes right after a short event-loop turn, in
 * which none waited, or after a bounded number of turns.
 */
async function emptyBacklog(): Promise<void> {
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const beganAt = performance.now()
    await setImmediatePromise()
    if (turn > 0 && performance.now() - beganAt < SHORT_TURN_MS) return
  }
}
