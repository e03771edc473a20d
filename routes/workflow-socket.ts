/** AgentOS's workflow socket, for the workflows of all upstreams: `/workflows/ws`, and one upstream's own below its name. */
import type { WebSocket } from '@fastify/websocket'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { componentOf } from '../plugins/asked.ts'
import { choiceOf, upstreamNamed } from '../plugins/choose-upstream.ts'
import { mayCall } from '../plugins/cors.ts'
import type { Asking } from '../plugins/rate-limit.ts'
import { identityOf } from '../plugins/rate-limit.ts'
import { upstreamHeaders } from '../plugins/upstream-headers.ts'
import type { Access } from '../src/auth/access.ts'
import { GatewayError } from '../src/errors.ts'
import type { Caller } from '../src/remote/config-cache.ts'
import type { Gatekeeper } from '../src/socket/gatekeeper.ts'
import type { SocketPlace } from '../src/socket/places.ts'
import { SocketPlaces } from '../src/socket/places.ts'
import { Session } from '../src/socket/session.ts'

export default async function workflowSocket(app: FastifyInstance) {
  const places = new SocketPlaces()
  const taken = new WeakMap<FastifyRequest, SocketPlace>()

  app.addHook('onRequest', async (request) => {
    if (!request.ws) return
    if (app.isDraining) throw new GatewayError('AGW_DRAINING')
    if (!isAllowedOrigin(request)) {
      throw new GatewayError('AGW_FORBIDDEN', { detail: 'Origin not allowed' })
    }
    const name = chosenBy(request)
    if (name !== undefined) upstreamNamed(request.gateway.upstreams, name)
    taken.set(request, placeAmong(places, request))
  })

  app.route({
    method: 'GET',
    url: '/workflows/ws',
    // Without an upgrade this is a workflow nobody has.
    handler: () => {
      throw new GatewayError('AGW_COMPONENT_NOT_FOUND', { detail: 'Workflow not found' })
    },
    wsHandler: converse,
  })

  app.route<{ Params: { name: string } }>({
    method: 'GET',
    url: '/upstreams/:name/workflows/ws',
    handler: async (request, reply) => {
      const upstream = upstreamNamed(request.gateway.upstreams, request.params.name)
      await reply.forward({ upstream, path: '/workflows/ws' })
    },
    wsHandler: converse,
  })

  function converse(socket: WebSocket, request: FastifyRequest): void {
    const name = chosenBy(request)
    const session = new Session(socket, {
      gateway: () => app.engine.current,
      gatekeeper: gatekeeperOf(app, request, taken.get(request)),
      trace: request.facts.trace,
      chosen: () => (name === undefined ? undefined : app.engine.current.upstreams.get(name)),
      headersFor: (upstream, authorization) =>
        upstreamHeaders(request, upstream, authorization === undefined ? {} : { authorization }),
    })
    const { promise: closeCode, resolve } = Promise.withResolvers<number>()
    request.facts.conversation = { session, closeCode }
    app.openRelays.add(session)
    socket
      .on('message', (frame, isBinary) => session.onMessage(frame as Buffer, isBinary))
      .on('ping', () => session.onPing())
      .on('pong', () => session.onPong())
      .on('close', (code) => {
        app.openRelays.delete(session)
        session.onClosed()
        resolve(code)
      })
  }
}

/** The rules of the configuration that is in force when they are asked for. */
function gatekeeperOf(
  app: FastifyInstance,
  request: FastifyRequest,
  place: SocketPlace | undefined,
): Gatekeeper {
  const { mode } = app.engine.current.config.auth
  return {
    mode,
    authenticateToken: (token) =>
      app.authenticatorOf(app.engine.current.config).authenticateToken(token),
    mayStay: (caller) => {
      const { config } = app.engine.current
      // Who shows a token that only upstreams check is still counted by address.
      if (mode === 'none') return true
      return (
        place?.occupy(identityOf({ caller, ip: request.ip }), config.limits.sockets.identity) ??
        true
      )
    },
    messageRate: () => app.engine.current.config.limits.messageRate,
    mayRun: ({ access }, id) => access === null || mayRun(app, access, id),
    takeRun: (caller, id) => app.takeRun(askingFor(app, request, caller, id)),
    exceedsLimit: (caller, id) => app.exceedsLimit(askingFor(app, request, caller, id)),
  }
}

/** A message as the request it stands for. @param id of the workflow it names */
function askingFor(
  app: FastifyInstance,
  request: FastifyRequest,
  caller: Caller,
  id: string | undefined,
): Asking {
  const gateway = app.engine.current
  const relayedTo = gateway.upstreams.get(chosenBy(request) ?? '')
  const asked = { method: 'POST', path: `/workflows/${id ?? ''}`, ...(relayedTo && { relayedTo }) }
  return { caller, ip: request.ip, component: componentOf(asked, { gateway }) }
}

/** @throws {GatewayError} `AGW_TOO_MANY_SOCKETS` */
function placeAmong(places: SocketPlaces, request: FastifyRequest): SocketPlace {
  const { auth, limits } = request.gateway.config
  const place = places.enter(limits.sockets.total)
  // Elsewhere, nobody is known before they have authenticated.
  const isKnown = auth.mode === 'none'
  const hasRoom = !isKnown || place?.occupy(identityOf(request), limits.sockets.identity)
  if (place && hasRoom) {
    request.raw.socket.once('close', () => place.leave())
    return place
  }
  place?.leave()
  throw new GatewayError('AGW_TOO_MANY_SOCKETS', { headers: { 'retry-after': '1' } })
}

/** As AgentOS asks of `POST /workflows/{id}/runs`. @param name in whoever's terms; undefined for any workflow */
function mayRun(app: FastifyInstance, access: Access, name: string | undefined): boolean {
  if (name === undefined) return access.has('workflows:run')
  const gateway = app.engine.current
  try {
    const workflow = { kind: 'workflows', name } as const
    app.authorizerOf({ gateway }).assertMayUse(access, 'run', workflow, gateway.discovery.current)
    return true
  } catch {
    return false
  }
}

/** Name of the upstream that the client wants, by path, header or query. */
function chosenBy(request: FastifyRequest): string | undefined {
  return (request.params as { name?: string }).name ?? choiceOf(request)?.name
}

/** A browser says whose page opens the socket, and leaves it to the server to mind (RFC 6455 §10.2). */
function isAllowedOrigin({ headers: { origin }, gateway }: FastifyRequest): boolean {
  return origin === undefined || mayCall(origin, gateway.config.cors)
}
