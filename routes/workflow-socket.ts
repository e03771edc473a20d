/**
 * Serves AgentOS's workflow WebSocket: `/workflows/ws` for the workflows of all upstreams, and
 * `/upstreams/{name}/workflows/ws` for one.
 */
import type { WebSocket } from '@fastify/websocket'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { mayCall } from '../plugins/cors.ts'
import type { LimitSubject } from '../plugins/rate-limit.ts'
import { identityKey } from '../plugins/rate-limit.ts'
import type { Access } from '../src/auth/access.ts'
import type { Caller } from '../src/auth/caller.ts'
import type { Named, Reach } from '../src/authorization/named-components.ts'
import { ownerAmong } from '../src/authorization/named-components.ts'
import { GatewayError } from '../src/errors.ts'
import type { Gateway } from '../src/gateway.ts'
import { upstreamHeaders } from '../src/relay/upstream-headers.ts'
import { chosenName, targetComponent, upstreamNamed } from '../src/request-target.ts'
import { ClientConnection } from '../src/socket/client-connection.ts'
import type { SocketPolicy } from '../src/socket/policy.ts'
import type { SocketSlot } from '../src/socket/socket-limit.ts'
import { SocketLimit } from '../src/socket/socket-limit.ts'

export default async function workflowSocket(app: FastifyInstance) {
  const socketLimit = new SocketLimit()
  const slots = new WeakMap<FastifyRequest, SocketSlot>()

  app.addHook('onRequest', async (request) => {
    if (!request.ws) return
    if (app.isDraining) throw new GatewayError('AGW_DRAINING')
    if (!isAllowedOrigin(request)) {
      throw new GatewayError('AGW_FORBIDDEN', { detail: 'Origin not allowed' })
    }
    const name = chosenBy(request)
    if (name !== undefined) upstreamNamed(request.gateway.upstreams, name)
    slots.set(request, acquireSlot(socketLimit, request))
  })

  app.route({
    method: 'GET',
    url: '/workflows/ws',
    // Without an upgrade, `ws` is the id of an unknown workflow.
    handler: () => {
      throw new GatewayError('AGW_COMPONENT_NOT_FOUND', { detail: 'Workflow not found' })
    },
    wsHandler: serveSocket,
  })

  app.route<{ Params: { name: string } }>({
    method: 'GET',
    url: '/upstreams/:name/workflows/ws',
    handler: async (request, reply) => {
      const upstream = upstreamNamed(request.gateway.upstreams, request.params.name)
      await reply.forward({ upstream, path: '/workflows/ws' })
    },
    wsHandler: serveSocket,
  })

  function serveSocket(socket: WebSocket, request: FastifyRequest): void {
    const name = chosenBy(request)
    const connection = new ClientConnection(socket, {
      gateway: () => app.engine.current,
      policy: policyFor(app, request, slots.get(request)),
      trace: request.context.trace,
      request,
      onReadOn: () => app.openResponses.delete(connection),
      chosen: () => (name === undefined ? undefined : app.engine.current.upstreams.get(name)),
      headersFor: (upstream, authorization) =>
        upstreamHeaders(request, upstream, authorization === undefined ? {} : { authorization }),
    })
    const { promise: closeCode, resolve } = Promise.withResolvers<number>()
    request.context.webSocket = { connection, closeCode }
    app.openResponses.add(connection)
    socket
      .on('message', (frame, isBinary) => connection.onMessage(frame as Buffer, isBinary))
      .on('ping', () => connection.onPing())
      .on('pong', () => connection.onPong())
      .on('close', (code) => {
        connection.onClosed()
        if (!connection.isReadOn) app.openResponses.delete(connection)
        resolve(code)
      })
  }
}

/** Authentication, scopes and limits for messages, by the configuration in force at each message. */
function policyFor(
  app: FastifyInstance,
  request: FastifyRequest,
  slot: SocketSlot | undefined,
): SocketPolicy {
  return {
    get mode() {
      return app.engine.current.config.auth.mode
    },
    authenticateToken: (token) =>
      app.authenticatorOf(app.engine.current.config).authenticateToken(token),
    acquireForCaller: (caller) => {
      const { config } = app.engine.current
      // A token that only an upstream verifies does not identify the caller, so the address is counted.
      if (config.auth.mode === 'none') return true
      return (
        slot?.assignTo(identityKey({ caller, ip: request.ip }), config.limits.sockets.identity) ??
        true
      )
    },
    messageRate: () => app.engine.current.config.limits.messageRate,
    mayRun: ({ access }, id) => access === null || mayRun(app, request, access, id),
    acquireRunSlot: (caller, id) => app.acquireRunSlot(limitSubject(app, request, caller, id)),
    chargeRun: async ({ caller, workflowId, ...run }) => {
      if (app.engine.current.config.budgets.length === 0) return undefined
      const { component } = limitSubject(app, request, caller, workflowId)
      return app.chargeSocketRun({ ...run, caller, component })
    },
    guardRun: async (caller, { workflowId }, { upstream }) => {
      if (!app.engine.current.config.limits.hasRunLimits) return undefined
      const { component } = limitSubject(app, request, caller, workflowId)
      return app.guardSocketRun(request, { caller, component, upstream })
    },
    countsOverLimit: (caller, id) => app.countsOverLimit(limitSubject(app, request, caller, id)),
    ...app.audit?.socketPolicy(request),
  }
}

/** The HTTP request that is equivalent to a message. @param id id of the workflow it names */
function limitSubject(
  app: FastifyInstance,
  request: FastifyRequest,
  caller: Caller,
  id: string | undefined,
): LimitSubject {
  const gateway = app.engine.current
  const relayedTo = gateway.upstreams.get(chosenBy(request) ?? '')
  const target = { method: 'POST', path: `/workflows/${id ?? ''}`, ...(relayedTo && { relayedTo }) }
  return { caller, ip: request.ip, component: targetComponent(target, { gateway }) }
}

/** @throws {GatewayError} `AGW_TOO_MANY_SOCKETS` */
function acquireSlot(socketLimit: SocketLimit, request: FastifyRequest): SocketSlot {
  const { auth, limits } = request.gateway.config
  const slot = socketLimit.acquire(limits.sockets.total)
  // With authentication, the caller is unknown until its `authenticate` message.
  const isKnown = auth.mode === 'none'
  const hasRoom = !isKnown || slot?.assignTo(identityKey(request), limits.sockets.identity)
  if (slot && hasRoom) {
    request.raw.socket.once('close', () => slot.release())
    return slot
  }
  slot?.release()
  throw new GatewayError('AGW_TOO_MANY_SOCKETS')
}

/**
 * Returns whether the caller may run the workflow: the scopes of `POST /workflows/{id}/runs`.
 *
 * @param name as the message names it; undefined for any workflow
 */
function mayRun(
  app: FastifyInstance,
  request: FastifyRequest,
  access: Access,
  name: string | undefined,
): boolean {
  if (name === undefined) return access.has('workflows:run')
  const gateway = app.engine.current
  const workflow = { kind: 'workflows', name } as const
  try {
    const reach = reachOf(gateway, chosenBy(request), workflow)
    app.authorizerOf({ gateway }).assertMayUse(access, 'run', workflow, reach)
    return true
  } catch {
    return false
  }
}

/** As `destinationOf` in src/socket/client-message.ts sends the message. */
function reachOf(gateway: Gateway, chosen: string | undefined, workflow: Named): Reach {
  const catalogue = gateway.discovery.current
  const upstream = gateway.upstreams.get(chosen ?? '')
  if (upstream) return { upstreams: [upstream], isTranslated: false, catalogue }
  const owner = ownerAmong([workflow], catalogue)
  return { upstreams: owner ? [owner] : catalogue.agentOses, isTranslated: true, catalogue }
}

/** The upstream that the client names by path, header or query. */
function chosenBy(request: FastifyRequest): string | undefined {
  return (request.params as { name?: string }).name ?? chosenName(request)?.name
}

/** RFC 6455 §10.2: a browser sends the `Origin` of the page and leaves the check to the server. */
function isAllowedOrigin({ headers: { origin }, gateway }: FastifyRequest): boolean {
  return origin === undefined || mayCall(origin, gateway.config.cors)
}
