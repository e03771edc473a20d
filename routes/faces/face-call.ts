/** Handles one request of a face: names the component, authorizes the call, and sends the AgentOS requests. */

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ComponentKind, FaceConfig, OnDisconnect } from '../../config/types.ts'
import { replyHeaders } from '../../plugins/errors.ts'
import type { FaceOutput } from '../../plugins/forward.ts'
import type { RequestTarget } from '../../src/authorization/authorizer.ts'
import { AgentOSError } from '../../src/client/agentos-error.ts'
import type { EncodedBody } from '../../src/client/request-form.ts'
import { GatewayError } from '../../src/errors.ts'
import type { NamedComponent } from '../../src/face/component-filter.ts'
import { isShown } from '../../src/face/component-filter.ts'
import { EventQueue } from '../../src/face/event-queue.ts'
import type { FaceEvent } from '../../src/face/face-events.ts'
import { objectIn } from '../../src/face/json-body.ts'
import { RunReader } from '../../src/face/run-reader.ts'
import type { Ask } from '../../src/face/stored-runs.ts'
import { TranslatedResponse } from '../../src/face/translated-response.ts'
import type { RefusalShape, StreamTranslator } from '../../src/face/translator.ts'
import { EVENT_STREAM } from '../../src/face/translator.ts'
import { parseJson } from '../../src/json/parse.ts'
import { pathFault, percentEncoded } from '../../src/parameters/path.ts'
import { readWholeBody } from '../../src/relay/request-body.ts'
import { chooseReplica, runRouteOf } from '../../src/relay/sticky-replica.ts'
import { upstreamHeaders } from '../../src/relay/upstream-headers.ts'
import type { BaseRemote } from '../../src/remote/base-remote.ts'
import type { WholeResponse } from '../../src/upstream/collect.ts'
import { headerOf } from '../../src/upstream/header-of.ts'
import { componentNotFound, ownerOf } from '../component-owner.ts'
import { callerSignal } from '../data/call.ts'

/** A request to an AgentOS; its path is relative to the component. */
export interface FaceRequest {
  /** Default `POST` with a form, else `GET`. */
  readonly method?: string
  /** Path such as `/runs` or `/runs/ID/continue`, with an optional query. */
  readonly path: string
  readonly form?: EncodedBody
}

/** Options of {@link FaceCall.events}. */
export interface EventsOptions {
  /** Called while the upstream is silent, at the interval of a stream's heartbeats. */
  readonly onHeartbeat?: () => void
  /** Fate of the run when the caller leaves. Default: the component's setting. */
  readonly onDisconnect?: OnDisconnect
}

const COMPONENT_KINDS = ['agents', 'teams', 'workflows'] as const

export class FaceCall {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly #face: FaceConfig
  readonly #shape: RefusalShape

  /**
   * @param face configuration of the face
   * @param shape form of the face's errors
   */
  constructor(request: FastifyRequest, reply: FastifyReply, face: FaceConfig, shape: RefusalShape) {
    this.request = request
    this.reply = reply
    this.#face = face
    this.#shape = shape
  }

  /**
   * Reads the body, which must be a JSON object.
   *
   * @throws {GatewayError} `AGW_BAD_REQUEST`, `AGW_BODY_TOO_LARGE`
   */
  async body(): Promise<Readonly<Record<string, unknown>>> {
    return await objectIn(await this.bytes())
  }

  /** @throws {GatewayError} `AGW_BODY_TOO_LARGE` */
  bytes(): Promise<Buffer> {
    const { raw, gateway } = this.request
    return readWholeBody(raw, gateway.config.limits.jsonBodyBytes)
  }

  /**
   * Admits the request as one to an AgentOS about this component, and finds its owner. Called once, before anything is
   * sent; it covers every later request to the component as well.
   *
   * @param path of the AgentOS's route below the component, such as `/runs`
   * @throws {GatewayError} `AGW_COMPONENT_NOT_FOUND` also where the caller may not know of the component; `AGW_FORBIDDEN`,
   *   `AGW_RATE_LIMITED`, `AGW_TOO_MANY_RUNS`
   */
  async admit(named: NamedComponent, path: string, method = 'POST'): Promise<BaseRemote> {
    const { request, reply } = this
    const kind = named.kind ?? this.#kindOf(named.id)
    const { id } = named
    if (!isShown(this.#face, kind, id)) throw componentNotFound(kind)
    assertReadOneWay(path)
    const target = { method, path: `/${kind}/${percentEncoded(id)}${path}` }
    try {
      await request.server.admit(request, reply, { ...target, component: { kind, id } })
    } catch (error) {
      const isHidden = error instanceof GatewayError && error.code === 'AGW_FORBIDDEN'
      throw isHidden && !request.caller.sees(kind, id) ? componentNotFound(kind) : error
    }
    const remote = await ownerOf(request, kind, id)
    request.context.upstream = remote.upstream.name
    request.context.component = `${kind}/${id}`
    return remote
  }

  /**
   * Admits the request as one for data of all upstreams.
   *
   * @param path of a `GET` route of AgentOS
   * @throws {GatewayError} `AGW_FORBIDDEN`
   */
  async admitPath(path: string): Promise<void> {
    assertReadOneWay(path)
    await this.request.server.admit(this.request, this.reply, { method: 'GET', path })
  }

  /** Finds the kind of a bare id among the components that the caller may see. */
  #kindOf(id: string): ComponentKind {
    const { gateway, caller } = this.request
    const { current } = gateway.discovery
    const kinds = COMPONENT_KINDS.filter((kind) => {
      const mayRun = caller.access?.has(`${kind}:run`, { kind, id }) ?? true
      const isKnown = caller.sees(kind, id) || mayRun
      return isKnown && isShown(this.#face, kind, id) && current.remote(kind, id)
    })
    const [kind, another] = kinds
    if (kind === undefined) throw componentNotFound('agents')
    if (another === undefined) return kind
    const names = kinds.map((each) => `${each.slice(0, -1)}/${id}`).join(' or ')
    throw new GatewayError('AGW_BAD_REQUEST', { detail: `'${id}' is ambiguous: write ${names}` })
  }

  /** Whether the caller may send this request directly to AgentOS. @param path relative to the component */
  may({ kind, id }: BaseRemote, method: string, path: string): boolean {
    const target = { method, path: `/${kind}/${percentEncoded(id)}${path}` }
    return this.#isAllowed({ ...target, component: { kind, id } })
  }

  #isAllowed(target: RequestTarget): boolean {
    const { caller, server, gateway } = this.request
    const { access } = caller
    if (access === null || access.isAdmin) return true
    try {
      server.authorizerOf(this.request).assertAllowed(access, target, gateway.discovery.current)
      return true
    } catch {
      return false
    }
  }

  /**
   * Fetches JSON from a path of the component's AgentOS that is not below the component.
   *
   * @returns undefined for an answer 404
   * @throws {GatewayError} `AGW_FORBIDDEN` where the caller's scopes do not cover the path
   * @throws as {@link FaceCall.ask}
   */
  async askUpstream({ upstream, timeoutMs }: BaseRemote, path: string): Promise<unknown> {
    const [route = ''] = path.split('?')
    if (!this.#isAllowed({ method: 'GET', path: route })) throw new GatewayError('AGW_FORBIDDEN')
    const answer = await upstream.fetch(path, {
      headers: upstreamHeaders(this.request, upstream, { isReadByGateway: true }),
      silenceMs: timeoutMs,
      signal: callerSignal(this.request),
      trace: this.request.context.trace,
    })
    return jsonOf(answer, upstream.name)
  }

  /**
   * Fetches JSON from the component's AgentOS.
   *
   * @returns undefined for an answer 404
   * @throws {AgentOSError} for any other refusal
   * @throws {GatewayError} `AGW_UPSTREAM_*`, `AGW_NO_REPLICA`, `AGW_CLIENT_CLOSED`
   */
  async ask(remote: BaseRemote, { method, path, form }: FaceRequest): Promise<unknown> {
    assertReadOneWay(path)
    const { request, reply } = this
    const { upstream } = remote
    await request.server.audit?.beforeRun(request, reply, {
      upstream,
      method: method ?? (form ? 'POST' : 'GET'),
      path: `/${remote.kind}/${remote.upstreamId}${path}`,
      body: form?.body,
      contentType: form?.contentType,
    })
    const preference = await this.#preference(remote, path)
    const replacedBody = { contentType: form?.contentType }
    const answer = await remote.fetch(path, {
      method: method ?? (form ? 'POST' : 'GET'),
      headers: upstreamHeaders(request, upstream, { replacedBody, isReadByGateway: true }),
      body: form?.body ?? null,
      signal: callerSignal(request),
      ...(preference && { preference }),
      trace: request.context.trace,
    })
    return jsonOf(answer, upstream.name)
  }

  /** Routes a request to the replica that holds the run, if that replica is known. */
  async #preference({ upstream }: BaseRemote, path: string) {
    const route = upstream.usesPreference ? runRouteOf(path) : undefined
    if (route === undefined) return undefined
    const { affinity } = this.request.gateway
    const asked = { method: 'GET', path, contentType: undefined, body: null }
    return (await chooseReplica(asked, route, upstream, affinity)).preference
  }

  /** Answers with the frames of past events. */
  streamAgain(events: readonly FaceEvent[], translator: StreamTranslator): FastifyReply {
    const frames = events.map((event) => translator.push(event)).join('')
    return this.reply.type(EVENT_STREAM).send(frames)
  }

  /** Answers with the frames of a run's events while the run continues. */
  async stream(
    remote: BaseRemote,
    asked: FaceRequest,
    translator: StreamTranslator,
  ): Promise<void> {
    const { reply } = this
    const output = new TranslatedResponse(reply.raw, {
      reader: new RunReader(remote.kind),
      translator,
      shape: this.#shape,
      headers: replyHeaders(reply),
    })
    await this.#forward(remote, asked, output)
  }

  /**
   * Returns the events of a run, for handlers that write their own answer. When the iteration stops early, the run
   * continues to its end.
   */
  async events(
    remote: BaseRemote,
    asked: FaceRequest,
    { onHeartbeat, onDisconnect }: EventsOptions = {},
  ): Promise<EventQueue> {
    const queue = new EventQueue(remote.upstream.name, new RunReader(remote.kind), onHeartbeat)
    await this.#forward(remote, asked, queue, onDisconnect)
    return queue
  }

  async #forward(
    remote: BaseRemote,
    { method, path, form }: FaceRequest,
    output: FaceOutput,
    onDisconnect?: OnDisconnect,
  ): Promise<void> {
    assertReadOneWay(path)
    await this.reply.forward({
      upstream: remote.upstream,
      remote,
      path,
      method: method ?? (form ? 'POST' : 'GET'),
      body: {
        bytes: form?.body ?? null,
        isReplaced: true,
        ...(form && { contentType: form.contentType }),
      },
      output,
      ...(onDisconnect && { onDisconnect }),
    })
  }
}

/**
 * Refuses ids that a server in between could take for several path segments. They come from bodies and tokens, so the
 * guard of the request's own path has not seen them.
 *
 * @param path below a component; empty for the component itself
 * @throws {GatewayError} `AGW_NOT_FOUND`
 */
function assertReadOneWay(path: string): void {
  if (path === '' || pathFault(path) === undefined) return
  throw new GatewayError('AGW_NOT_FOUND', { detail: 'No run or session has this id' })
}

/** @throws {AgentOSError}, {GatewayError} `AGW_UPSTREAM_PROTOCOL` */
async function jsonOf(answer: WholeResponse, upstream: string): Promise<unknown> {
  const { status, body } = answer
  if (status === 404) return undefined
  if (status >= 300) {
    throw AgentOSError.fromAnswer(status, body, headerOf(answer, 'retry-after'))
  }
  try {
    return await parseJson(body)
  } catch (cause) {
    const detail = `Upstream '${upstream}' answered with something that is not JSON`
    throw new GatewayError('AGW_UPSTREAM_PROTOCOL', { upstream, detail, cause })
  }
}

/** Reads stored runs of the component with the caller's rights; null for a run without access. */
export function askOf(call: FaceCall, remote: BaseRemote): Ask {
  return async (path) => {
    const [route = ''] = path.split('?')
    return call.may(remote, 'GET', route) ? call.ask(remote, { path }) : null
  }
}
