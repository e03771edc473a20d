/**
 * Adds `reply.forward()`, which sends a request to an upstream and relays the response in four steps: prepare the request,
 * choose the replica, relay the response, react when the caller leaves. Every forwarding route ends here.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { OnDisconnect } from '../config/types.ts'
import { ComposerRequest, isComposer } from '../src/composer-start.ts'
import { GatewayError } from '../src/errors.ts'
import { sessionIdIn } from '../src/relay/body-fields.ts'
import { resumedFrom } from '../src/relay/last-event-id.ts'
import type { ReadBody } from '../src/relay/outgoing-body.ts'
import { FORM, outgoingBody } from '../src/relay/outgoing-body.ts'
import { addressesFor } from '../src/relay/public-address.ts'
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
import { Broadcast } from '../src/upstream/broadcast.ts'
import type {
  Exchange,
  ResponseSink,
  SendOptions,
  Tap,
  UpstreamRequest,
} from '../src/upstream/exchange.ts'
import { isStream } from '../src/upstream/exchange.ts'
import type { Upstream } from '../src/upstream/upstream.ts'
import type { SentRequest } from './audit.ts'
import { replyHeaders, sendRawError } from './errors.ts'
import { isForComposer } from './member-listener.ts'

/** Destination of a request. */
export interface Destination {
  readonly upstream: Upstream
  /** Path and query: relative to the component if there is a remote, otherwise to the upstream. */
  readonly path: string
  /** Path prefix of the upstream at the gateway, such as `/upstreams/research`. Default none. */
  readonly prefix?: string
  /** The component that the request is for. */
  readonly remote?: BaseRemote
  /** The route takes a form, so a JSON body is converted to one. */
  readonly takesForm?: boolean
  /** The body, if the route has read it already. */
  readonly body?: ReadBody
  /** Rewrites the response on its way. Default: the bytes pass unchanged. */
  readonly transform?: ResponseTransform
  /** Method of the upstream request. Default: the caller's. */
  readonly method?: string
  /** Fate of the run when the caller leaves. Default: the component's setting. */
  readonly onDisconnect?: OnDisconnect
  /** Receives the answer instead of the caller, for a face that speaks another protocol. */
  readonly output?: FaceOutput
}

/** Receiver of the answer in a face. */
export interface FaceOutput extends RelayOutput {
  /** The face writes the response itself, so Fastify hands the reply over. */
  readonly writesReply: boolean
  /** Reports that the request failed before an AgentOS answered, or that the caller has disconnected. */
  refuse(error: GatewayError): void
}

declare module 'fastify' {
  interface FastifyReply {
    /**
     * Sends the request. Resolves when it has been sent; a later failure is answered, not thrown.
     *
     * @throws {GatewayError} `AGW_FORBIDDEN` for a face's request that has not been admitted
     */
    forward(destination: Destination): Promise<void>
  }
}

export default fp(
  async (app) => {
    app.decorateReply('forward', async function forward(this: FastifyReply, destination) {
      const { request, raw } = this as FastifyReply & { request: FastifyRequest }
      const tap = isTapped(request) ? await tapOf(app, request, destination) : undefined
      const prepared = await prepareRequest(request, destination, tap)
      const recorded = app.audit?.beforeRun(request, this, auditedRequest(destination, prepared))
      if (recorded) await recorded
      const choice = await chooseReplicaFor(request, destination, prepared)
      const runs = runRequests(request, destination, prepared, tap)
      const { output } = destination
      const relay = new Relay(output ?? raw, relayOptions(this, destination, prepared, runs))
      request.context.outcome = relay.outcome
      if (output?.writesReply !== false) this.hijack()
      if (raw.destroyed) {
        output?.refuse(new GatewayError('AGW_CLIENT_CLOSED'))
        return
      }
      const sink = transformed(relay, destination, tap)
      const exchange = sendTo(request, destination, prepared.outgoing, sink, choice)
      app.openResponses.add(relay)
      request.context.onClose(() => {
        logInternalError(request, relay)
        onCallerGone(app, request, { destination, prepared, relay, exchange, runs, raw, tap })
      })
    })
  },
  {
    name: 'forward',
    dependencies: ['gateway', 'request-context', 'errors', 'draining', 'budgets', 'run-limit'],
  },
)

/** Some run of the configuration has a budget or a limit. */
function isTapped({ gateway: { config } }: FastifyRequest): boolean {
  return config.budgets.length > 0 || config.limits.hasRunLimits
}

/** Reads the run's response where a budget or a limit of the run needs it. Budgets charge before a limit stops a run. */
async function tapOf(
  app: FastifyInstance,
  request: FastifyRequest,
  destination: Destination,
): Promise<Tap | undefined> {
  const isCharged = request.gateway.config.budgets.length > 0
  const charge = isCharged ? await app.tapFor(request, destination) : undefined
  const guard = await app.guardFor(request, destination)
  if (charge === undefined || guard === undefined) return charge ?? guard
  return (receiver) => charge(guard(receiver))
}

/** A request that is ready to be sent. */
interface PreparedRequest {
  readonly outgoing: UpstreamRequest
  readonly contentType: string | undefined
  /** Set if the request concerns runs and the replica or the disconnect policy depends on it. */
  readonly route: RunRoute | undefined
}

/**
 * Step 1: builds the upstream request.
 *
 * @throws {GatewayError} `AGW_FORBIDDEN` for a face's request that has not been admitted; the error of a refused body
 */
async function prepareRequest(
  request: FastifyRequest,
  destination: Destination,
  tap: Tap | undefined,
): Promise<PreparedRequest> {
  const { upstream, remote, path, method = request.method, transform, output } = destination
  const { context } = request
  if (context.face && context.target === undefined) throw new GatewayError('AGW_FORBIDDEN')
  context.upstream = upstream.name
  if (remote) context.component = `${remote.kind}/${remote.id}`
  const route = method === 'POST' || upstream.usesPreference ? runRouteOf(path) : undefined
  const { body, contentType, replacedBody } = await outgoingBody(request, destination, route)
  const headers = upstreamHeaders(request, upstream, {
    ...(replacedBody && { replacedBody }),
    isReadByGateway: transform !== undefined || output !== undefined || tap !== undefined,
  })
  return { outgoing: { method, path, headers, body, trace: context.trace }, contentType, route }
}

/** The request that is sent, for the audit log. */
function auditedRequest(
  { upstream, remote }: Destination,
  { outgoing: { method, path, body }, contentType }: PreparedRequest,
): SentRequest {
  const below = remote ? `/${remote.kind}/${remote.upstreamId}` : ''
  return { upstream, method, path: below + path, body, contentType }
}

/** Step 2: chooses the replica. Undefined for an upstream with a single replica. */
async function chooseReplicaFor(
  { gateway: { affinity }, caller }: FastifyRequest,
  { upstream, path }: Destination,
  { route, outgoing: { method, body }, contentType }: PreparedRequest,
): Promise<ReplicaChoice | undefined> {
  if (!upstream.usesPreference) return undefined
  const user = caller.claims?.sub
  return chooseReplica({ method, path, contentType, body, user }, route, upstream, affinity)
}

/**
 * Builds the gateway's own requests about the caller's run: resume and cancel. Undefined for a request that is no run.
 */
function runRequests(
  request: FastifyRequest,
  destination: Destination,
  { route, outgoing: { method, body } }: PreparedRequest,
  tap: Tap | undefined,
): RunRequests | undefined {
  const { upstream, remote } = destination
  if (remote === undefined || route === undefined || method !== 'POST') return undefined
  return new RunRequests({
    remote,
    headers: () => upstreamHeaders(request, upstream, { replacedBody: FORM }),
    attempts: request.gateway.config.stream.reattachAttempts,
    resumedFrom: route.action === 'resume' ? resumedFrom(body) : undefined,
    transformed: (receiver) => transformed(receiver, destination, tap),
    trace: request.context.trace,
  })
}

/** Step 3: builds the options of the relay. */
function relayOptions(
  reply: FastifyReply,
  { upstream, remote, output, prefix = '' }: Destination,
  { route, outgoing: { method } }: PreparedRequest,
  runs: RunRequests | undefined,
): RelayOptions {
  const request = reply.request as FastifyRequest
  const { config, ticker } = request.gateway
  return {
    headers: replyHeaders(reply),
    setsCookies: upstream.config.cookies !== 'none',
    addresses: () => addressesFor(request, upstream, prefix),
    heartbeatTicks: ticker.ticks(config.stream.heartbeatMs),
    streamIdleMs: upstream.config.timeouts.streamIdleTimeoutMs,
    run: { kind: remote?.kind, componentId: remote?.id },
    onRefused: (error) => {
      if (output === undefined) return sendRawError(request, reply, error)
      request.context.error = error.code
      output.refuse(error)
    },
    onFirstBytes: firstBytesListener(request, upstream, method, route),
    resumer: runs,
    keepsTail:
      (remote !== undefined && route !== undefined && startsRun(method, route)) ||
      request.server.audit?.readsAnswer(request) === true,
    request,
  }
}

/**
 * Reads run and session from the first bytes, for the replica of later requests, for the trace, and for `/gateway/live`.
 */
function firstBytesListener(
  { context, gateway: { affinity } }: FastifyRequest,
  upstream: Upstream,
  method: string,
  route: RunRoute | undefined,
): RelayOptions['onFirstBytes'] {
  const isRunStart = route !== undefined && startsRun(method, route)
  if (!isRunStart && context.trace === undefined) return undefined
  const isLearnt = isRunStart && upstream.usesPreference
  return (bytes, head) => {
    context.sessionId = sessionIdIn(bytes)
    if (isLearnt) learnReplica(bytes, head, upstream, affinity)
  }
}

function transformed(
  receiver: ResponseSink,
  { transform, upstream }: Destination,
  tap: Tap | undefined,
): ResponseSink {
  const sink = transform ? new ResponseTransformer(receiver, transform, upstream.name) : receiver
  return tap ? tap(sink) : sink
}

function logInternalError(request: FastifyRequest, { outcome: { error } }: Relay): void {
  if (error?.code !== 'AGW_INTERNAL') return
  request.log.error({ err: error.cause, requestId: request.id }, 'unexpected error')
}

/** A relayed response whose connection has ended. */
interface ClosedResponse {
  readonly destination: Destination
  readonly prepared: PreparedRequest
  readonly relay: Relay
  readonly exchange: Exchange
  readonly runs: RunRequests | undefined
  readonly raw: FastifyReply['raw']
  readonly tap: Tap | undefined
}

/** Step 4: closes, detaches or cancels the upstream request when the caller's connection has ended. */
function onCallerGone(
  app: FastifyInstance,
  { gateway: { config }, context }: FastifyRequest,
  { destination, prepared, relay, exchange, runs, raw, tap }: ClosedResponse,
): void {
  const { remote, output, onDisconnect = remote?.onDisconnect } = destination
  const { route, outgoing } = prepared
  // An output that does not write the reply has its own end.
  const isOver = output?.writesReply === false && output.writableEnded
  const isLeaving = !isOver && (context.isCancelled || !raw.writableFinished)
  const hasLeft = isLeaving && relay.outcome.error === undefined
  // Without a route of runs, only messages of an A2A interface are tapped.
  const isStart = route ? startsRun(outgoing.method, route) : tap !== undefined
  const isRun = hasLeft && isStart
  // AgentOS may complete a run that is not streamed, and a budget charges it by its answer.
  const isUnpaid = tap !== undefined && config.budgets.length > 0 && !relay.outcome.isEventStream
  const disconnected = context.isDetaching || isUnpaid ? 'detach' : onDisconnect
  // The composer cancels members by their run id, and a run whose composer has ended continues.
  const policy = isRun && !isForComposer(relay) ? disconnected : 'close'
  if (policy === 'detach') {
    context.isReadOn = true
    app.detach(relay, config.stream.detachTimeoutMs, () => context.end())
    output?.refuse(new GatewayError('AGW_CLIENT_CLOSED'))
    return
  }
  app.openResponses.delete(relay)
  exchange.abort()
  relay.abort()
  if (hasLeft) output?.refuse(new GatewayError('AGW_CLIENT_CLOSED'))
  const { head, outcome } = relay
  if (policy !== 'cancel' || !head || !outcome.runId) return
  void runs?.cancel(outcome.runId, head, context.sessionId)
}

function sendTo(
  { gateway }: FastifyRequest,
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
  if (isComposer(upstream)) {
    const once = (receiver: ResponseSink) => send(receiver, undefined)
    return new ComposerRequest(gateway, sink, once, !isStream(request.body)).start()
  }
  return send(
    sink,
    choice && { preference: choice.preference, retryOnNotFound: choice.reach === 'until_found' },
  )
}
