/** `reply.forward()`: sends the request on and relays what comes back. Every forwarding route ends here. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { AnswerUse } from '../src/relay/answer-tap.ts'
import { AnswerTap } from '../src/relay/answer-tap.ts'
import type { RelayOptions } from '../src/relay/relay.ts'
import { Relay } from '../src/relay/relay.ts'
import { resumedFrom } from '../src/relay/resume-form.ts'
import { sessionIdIn } from '../src/relay/run-id.ts'
import { RunRequests } from '../src/relay/run-requests.ts'
import type { Choice, RunRoute } from '../src/relay/run-route.ts'
import { choiceFor, learnFrom, runRouteOf, startsRun } from '../src/relay/run-route.ts'
import type { BaseRemote } from '../src/remote/base-remote.ts'
import { Broadcast } from '../src/upstream/broadcast.ts'
import type {
  Exchange,
  ResponseHead,
  ResponseSink,
  SendOptions,
  UpstreamRequest,
} from '../src/upstream/exchange.ts'
import type { Upstream } from '../src/upstream/upstream.ts'
import { answerRaw, ownHeaders } from './errors.ts'
import type { RequestFacts } from './facts.ts'
import type { TakenBody } from './outgoing-body.ts'
import { FORM, outgoingBody } from './outgoing-body.ts'
import { upstreamHeaders } from './upstream-headers.ts'

/** Where a request goes. */
export interface Destination {
  readonly upstream: Upstream
  /** Path and query: below the component where there is a remote, else on the upstream. */
  readonly path: string
  /** The component it is for. */
  readonly remote?: BaseRemote
  /** A run body: JSON is turned into the form AgentOS wants. */
  readonly takesForm?: boolean
  /** The body, where it has been taken in already. */
  readonly body?: TakenBody
  /** What is done with the answer on its way; nothing by default. */
  readonly answer?: AnswerUse
}

declare module 'fastify' {
  interface FastifyReply {
    /** Relays the request. Resolves once it is on its way; failures are answered, not thrown, from then on. */
    forward(destination: Destination): Promise<void>
  }
}

export default fp(
  async (app) => {
    app.decorateReply('forward', async function forward(this: FastifyReply, destination) {
      const { upstream, remote, path } = destination
      const { request, raw } = this
      const { facts, method } = request as FastifyRequest
      const { config, ticker } = request.gateway
      facts.upstream = upstream.name
      if (remote) facts.component = `${remote.kind}/${remote.id}`
      const route = method === 'POST' || upstream.hasChoice ? runRouteOf(path) : undefined
      const { body, contentType, replacedBody } = await outgoingBody(request, destination, route)
      const headers = upstreamHeaders(request, upstream, {
        ...(replacedBody && { replacedBody }),
        isReadHere: destination.answer !== undefined,
      })
      const plan = upstream.hasChoice
        ? await planFor(request, destination, { route, body, contentType })
        : undefined
      const runs =
        remote && route && method === 'POST'
          ? new RunRequests({
              remote,
              headers: () => upstreamHeaders(request, upstream, { replacedBody: FORM }),
              attempts: config.stream.reattachAttempts,
              resumedFrom: route.action === 'resume' ? resumedFrom(body) : undefined,
              trace: facts.trace,
            })
          : undefined
      const relay = new Relay(raw, {
        headers: ownHeaders(this),
        setsCookies: upstream.config.cookies !== 'none',
        heartbeatTicks: ticker.ticks(config.stream.heartbeatMs),
        streamIdleMs: upstream.config.timeouts.streamIdleTimeoutMs,
        run: { kind: remote?.kind, componentId: remote?.id },
        onRefused: (error) => answerRaw(request, this, error),
        onFirstBytes: facts.trace ? noting(facts, plan?.onFirstBytes) : plan?.onFirstBytes,
        resumeWay: runs,
        keepsEnd: remote !== undefined && route !== undefined && startsRun(method, route),
      })
      facts.outcome = relay.outcome
      this.hijack()
      if (raw.destroyed) return
      const sink = destination.answer ? new AnswerTap(relay, destination.answer) : relay
      const asked = { method, path, headers, body, trace: facts.trace }
      const exchange = sendTo(destination, asked, sink, plan?.choice)
      app.openRelays.add(relay)
      facts.closings.push(() => {
        const { error } = relay.outcome
        if (error?.code === 'AGW_INTERNAL') {
          request.log.error({ err: error.cause, requestId: request.id }, 'unexpected error')
        }
        const hasLeft = !raw.writableFinished && relay.outcome.error === undefined
        const isRun = hasLeft && route !== undefined && startsRun(method, route)
        const policy = isRun ? remote?.onDisconnect : 'close'
        if (policy === 'detach') {
          app.detach(relay, config.stream.detachTimeoutMs)
          return
        }
        app.openRelays.delete(relay)
        exchange.abort()
        relay.abort()
        const { head, outcome } = relay
        if (policy === 'cancel' && head && outcome.runId) void runs?.cancel(outcome.runId, head)
      })
    })
  },
  { name: 'forward', dependencies: ['gateway', 'facts', 'errors', 'open-relays'] },
)

/** Which replica is asked, and what is learnt from its answer. Only worth asking where there is a choice. */
async function planFor(
  { gateway: { affinity }, caller, method }: FastifyRequest,
  { upstream, path }: Destination,
  known: {
    readonly route: RunRoute | undefined
    readonly body: UpstreamRequest['body']
    readonly contentType: string | undefined
  },
) {
  const { route, body, contentType } = known
  const user = caller.claims?.sub
  const choice = await choiceFor(
    { method, path, contentType, body, user },
    route,
    upstream,
    affinity,
  )
  const onFirstBytes =
    route && startsRun(method, route)
      ? (bytes: Buffer, head: ResponseHead) => learnFrom(bytes, head, upstream, affinity)
      : undefined
  return { choice, onFirstBytes }
}

type FirstBytes = RelayOptions['onFirstBytes']

/** Also looks for the session of the run. */
function noting(facts: RequestFacts, onFirstBytes: FirstBytes): FirstBytes {
  return (bytes, head) => {
    facts.sessionId = sessionIdIn(bytes)
    onFirstBytes?.(bytes, head)
  }
}

function sendTo(
  { upstream, remote }: Destination,
  request: UpstreamRequest,
  sink: ResponseSink,
  choice: Choice | undefined,
): Exchange {
  const silenceMs = upstream.config.timeouts.teamTimeoutMs
  const send = (receiver: ResponseSink, options: Omit<SendOptions, 'silenceMs'> | undefined) =>
    remote
      ? remote.send(request, receiver, options)
      : upstream.send(request, receiver, { silenceMs, ...options })
  if (choice?.reach === 'all') return new Broadcast(sink).start(upstream, send)
  return send(sink, choice && { wish: choice.wish, isUntilFound: choice.reach === 'until_found' })
}
