/**
 * Adds `reply.forward()`, which sends a request to an upstream and relays the response. Every forwarding route ends
 * here.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { GatewayError } from '../src/errors.ts'
import { sessionIdIn } from '../src/relay/body-fields.ts'
import { resumedFrom } from '../src/relay/last-event-id.ts'
import type { ReadBody } from '../src/relay/outgoing-body.ts'
import { FORM, outgoingBody } from '../src/relay/outgoing-body.ts'
import type { RelayOptions } from '../src/relay/relay.ts'
import { Relay } from '../src/relay/relay.ts'
import type { RelayOutput } from '../src/relay/relay-output.ts'
import type { ResponseTransform } from '../src/relay/response-transformer.ts'
import { ResponseTransformer } from '../src/relay/response-transformer.ts'
import type { ReplicaChoice, RunRoute } from '../src/relay/sticky-replica.ts'
import { chooseReplica, learnReplica, runRouteOf, startsRun } from '../src/relay/sticky-replica.ts'
import { upstreamHeaders } from '../src/relay/upstream-headers.ts'
import type { BaseRemote } from '../src/remote/base-remote.ts'
import { RunRequests } from '../src/remote/run-requests.ts'
import type { RequestContext } from '../src/request-context.ts'
import { Broadcast } from '../src/upstream/broadcast.ts'
import type {
  Exchange,
  ResponseHead,
  ResponseSink,
  SendOptions,
  UpstreamRequest,
} from '../src/upstream/exchange.ts'
import type { Upstream } from '../src/upstream/upstream.ts'
import { replyHeaders, sendRawError } from './errors.ts'

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
  readonly body?: ReadBody
  /** What is done with the answer on its way; nothing by default. */
  readonly transform?: ResponseTransform
  /** Of the request at the upstream. Default: the caller's. */
  readonly method?: string
  /** Takes the answer in place of the caller, to whom a face speaks another protocol. */
  readonly output?: FaceOutput
}

/** Where a face takes an answer to. */
export interface FaceOutput extends RelayOutput {
  /** It answers the caller by itself: Fastify lets go of the reply. */
  readonly writesReply: boolean
  /** The request failed before an AgentOS answered it, or the caller has gone. */
  refuse(error: GatewayError): void
}

declare module 'fastify' {
  interface FastifyReply {
    /**
     * Relays the request. Resolves once it is on its way; failures are answered, not thrown, from then on.
     *
     * @throws {GatewayError} `AGW_FORBIDDEN` for a face's request that has not been admitted
     */
    forward(destination: Destination): Promise<void>
  }
}

export default fp(
  async (app) => {
    app.decorateReply('forward', async function forward(this: FastifyReply, destination) {
      const { upstream, remote, path, output } = destination
      const { request, raw } = this
      const { context } = request as FastifyRequest
      const { method = request.method } = destination
      const { config, ticker } = request.gateway
      if (context.face && context.target === undefined) throw new GatewayError('AGW_FORBIDDEN')
      context.upstream = upstream.name
      if (remote) context.component = `${remote.kind}/${remote.id}`
      const route = method === 'POST' || upstream.usesPreference ? runRouteOf(path) : undefined
      const { body, contentType, replacedBody } = await outgoingBody(request, destination, route)
      const headers = upstreamHeaders(request, upstream, {
        ...(replacedBody && { replacedBody }),
        isReadByGateway: destination.transform !== undefined || output !== undefined,
      })
      const plan = upstream.usesPreference
        ? await replicaPlan(request, destination, { route, body, contentType })
        : undefined
      const { transform } = destination
      const transformed = (receiver: ResponseSink) =>
        transform ? new ResponseTransformer(receiver, transform, upstream.name) : receiver
      const runs =
        remote && route && method === 'POST'
          ? new RunRequests({
              remote,
              headers: () => upstreamHeaders(request, upstream, { replacedBody: FORM }),
              attempts: config.stream.reattachAttempts,
              resumedFrom: route.action === 'resume' ? resumedFrom(body) : undefined,
              transformed,
              trace: context.trace,
            })
          : undefined
      const relay = new Relay(output ?? raw, {
        headers: replyHeaders(this),
        setsCookies: upstream.config.cookies !== 'none',
        heartbeatTicks: ticker.ticks(config.stream.heartbeatMs),
        streamIdleMs: upstream.config.timeouts.streamIdleTimeoutMs,
        run: { kind: remote?.kind, componentId: remote?.id },
        onRefused: (error) => {
          if (output === undefined) return sendRawError(request, this, error)
          context.error = error.code
          output.refuse(error)
        },
        onFirstBytes: context.trace
          ? withSessionId(context, plan?.onFirstBytes)
          : plan?.onFirstBytes,
        resumer: runs,
        keepsTail: remote !== undefined && route !== undefined && startsRun(method, route),
      })
      context.outcome = relay.outcome
      if (output?.writesReply !== false) this.hijack()
      if (raw.destroyed) {
        output?.refuse(new GatewayError('AGW_CLIENT_CLOSED'))
        return
      }
      const outgoing = { method, path, headers, body, trace: context.trace }
      const exchange = sendTo(destination, outgoing, transformed(relay), plan?.choice)
      app.openResponses.add(relay)
      context.onClose(() => {
        const { error } = relay.outcome
        if (error?.code === 'AGW_INTERNAL') {
          request.log.error({ err: error.cause, requestId: request.id }, 'unexpected error')
        }
        const hasLeft = !raw.writableFinished && relay.outcome.error === undefined
        const isRun = hasLeft && route !== undefined && startsRun(method, route)
        const policy = isRun ? remote?.onDisconnect : 'close'
        if (policy === 'detach') {
          app.detach(relay, config.stream.detachTimeoutMs)
          output?.refuse(new GatewayError('AGW_CLIENT_CLOSED'))
          return
        }
        app.openResponses.delete(relay)
        exchange.abort()
        relay.abort()
        if (hasLeft) output?.refuse(new GatewayError('AGW_CLIENT_CLOSED'))
        const { head, outcome } = relay
        if (policy === 'cancel' && head && outcome.runId) void runs?.cancel(outcome.runId, head)
      })
    })
  },
  { name: 'forward', dependencies: ['gateway', 'request-context', 'errors', 'draining'] },
)

/** Which replica is asked, and what is learnt from its answer. Only worth asking where there is a choice. */
async function replicaPlan(
  { gateway: { affinity }, caller, method: own }: FastifyRequest,
  { upstream, path, method = own }: Destination,
  known: {
    readonly route: RunRoute | undefined
    readonly body: UpstreamRequest['body']
    readonly contentType: string | undefined
  },
) {
  const { route, body, contentType } = known
  const user = caller.claims?.sub
  const choice = await chooseReplica(
    { method, path, contentType, body, user },
    route,
    upstream,
    affinity,
  )
  const onFirstBytes =
    route && startsRun(method, route)
      ? (bytes: Buffer, head: ResponseHead) => learnReplica(bytes, head, upstream, affinity)
      : undefined
  return { choice, onFirstBytes }
}

type FirstBytes = RelayOptions['onFirstBytes']

/** Also looks for the session of the run. */
function withSessionId(context: RequestContext, onFirstBytes: FirstBytes): FirstBytes {
  return (bytes, head) => {
    context.sessionId = sessionIdIn(bytes)
    onFirstBytes?.(bytes, head)
  }
}

function sendTo(
  { upstream, remote }: Destination,
  request: UpstreamRequest,
  sink: ResponseSink,
  choice: ReplicaChoice | undefined,
): Exchange {
  const silenceMs = upstream.config.timeouts.teamTimeoutMs
  const send = (receiver: ResponseSink, options: Omit<SendOptions, 'silenceMs'> | undefined) =>
    remote
      ? remote.send(request, receiver, options)
      : upstream.send(request, receiver, { silenceMs, ...options })
  if (choice?.reach === 'all') return new Broadcast(sink).start(upstream, send)
  return send(
    sink,
    choice && { preference: choice.preference, retryOnNotFound: choice.reach === 'until_found' },
  )
}
