/** Runs one scripted AgentOS on its own port. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { absentRoutes } from './absent.ts'
import { approvalRoutes } from './approvals.ts'
import { cardRoutes } from './cards.ts'
import { KINDS, type OsSpec } from './components.ts'
import { HttpError, type Reply, sendEvents, sendJson } from './http.ts'
import { memoryRoutes } from './memories.ts'
import { openApiRoutes } from './openapi.ts'
import { createRouter, type Routes } from './router.ts'
import { runRoutes } from './run-routes.ts'
import { sessionRoutes } from './session-routes.ts'
import { SessionStore } from './sessions.ts'
import { traceRoutes } from './traces.ts'

/** A listening AgentOS. */
export interface AgentOs {
  url: string
  /** Stops every run, closes every connection and frees the port. */
  close(): Promise<void>
}

/** Address of an AgentOS. */
export interface Address {
  /** Default 127.0.0.1. */
  host?: string
  /** Default 0: a free one. */
  port?: number
}

/** Serves `os`. @throws when the address cannot be bound */
export async function serveAgentOs(
  os: OsSpec,
  { host = '127.0.0.1', port = 0 }: Address = {},
): Promise<AgentOs> {
  const store = new SessionStore()
  const route = createRouter({
    ...cardRoutes(os),
    ...openApiRoutes(os),
    ...Object.assign({}, ...KINDS.map((kind) => runRoutes(os, kind, store))),
    ...ownDatabase(os, {
      ...sessionRoutes(os, store),
      ...memoryRoutes(),
      ...traceRoutes(store),
      ...approvalRoutes(store),
      ...absentRoutes(),
    }),
  })
  const server = createServer((request, response) => void answer(request, response, route))
  server.listen(port, host)
  await once(server, 'listening')

  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    async close() {
      store.close()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  route: (request: IncomingMessage) => Promise<Reply>,
): Promise<void> {
  try {
    const reply = await route(request)
    if ('events' in reply) await sendEvents(response, reply)
    else sendJson(response, reply)
  } catch (error) {
    if (response.headersSent || response.destroyed) {
      response.destroy()
      return
    }
    const { status, detail, headers } =
      error instanceof HttpError ? error : new HttpError(500, 'Internal Server Error')
    sendJson(response, { status, body: { detail } }, headers)
  }
}

/** Wraps routes with a `db_id`: there is only one database. */
function ownDatabase(os: OsSpec, routes: Routes): Routes {
  const checked = Object.entries(routes).map(([route, handler]): [string, typeof handler] => {
    return [
      route,
      (call) => {
        const id = call.query.text('db_id')
        if (id === undefined || id === os.dbId) return handler(call)
        throw new HttpError(404, `No database found with id '${id}'`)
      },
    ]
  })
  return Object.fromEntries(checked)
}
