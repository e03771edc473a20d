/** Serves one scripted AgentOS for the walks: lists, cards, sessions, a streamed run and a workflow over its WebSocket. */
import { once } from 'node:events'
import type { Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'

const RUN = [
  { event: 'RunStarted', run_id: 'r1', session_id: 's1' },
  { event: 'RunContent', run_id: 'r1', session_id: 's1', content: 'hello' },
  { event: 'RunCompleted', run_id: 'r1', session_id: 's1', content: 'hello' },
]
const WORKFLOW = [
  { event: 'WorkflowStarted', run_id: 'w1', session_id: 's1', workflow_id: 'flow' },
  { event: 'WorkflowCompleted', run_id: 'w1', session_id: 's1', workflow_id: 'flow' },
]

/**
 * Starts the AgentOS on a free loopback port. @param id id of its only agent @returns its base URL and a
 * function that stops it
 */
export async function startAgentOs(id: string): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    request.resume()
    answer(id, request.url ?? '', response)
  })
  serveWorkflow(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close }
}

function answer(id: string, url: string, response: ServerResponse): void {
  const agent = { id, name: id, db_id: `db-${id}` }
  const workflow = { id: `flow-${id}`, name: 'flow' }
  const path = url.split('?')[0]
  const documents: Record<string, unknown> = {
    '/health': { status: 'ok' },
    '/info': { agno_version: '3.1.10', auth_mode: 'none' },
    '/config': { os_id: id, databases: [`db-${id}`], agents: [agent], workflows: [workflow] },
    '/agents': [agent],
    '/teams': [],
    '/workflows': [workflow],
    [`/agents/${id}`]: agent,
    '/sessions': {
      data: [{ session_id: `s-${id}`, session_name: id, created_at: '2026-01-01T00:00:00Z' }],
      meta: { page: 1, limit: 20, total_pages: 1, total_count: 1 },
    },
  }
  if (path === `/agents/${id}/runs`) {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const event of RUN) response.write(frame(event))
    response.end()
    return
  }
  const document = documents[path ?? '']
  response.writeHead(document ? 200 : 404, { 'content-type': 'application/json' })
  response.end(JSON.stringify(document ?? { detail: 'Not Found' }))
}

function serveWorkflow(server: Server): void {
  const sockets = new WebSocketServer({ server, path: '/workflows/ws' })
  sockets.on('connection', (socket) => {
    socket.send(JSON.stringify({ event: 'connected', message: 'Connected to workflow events' }))
    socket.on('message', (message) => {
      const { action } = JSON.parse(String(message)) as { action?: string }
      if (action !== 'start-workflow') return
      for (const event of WORKFLOW) socket.send(frame(event))
    })
  })
}

function frame(event: { readonly event: string }): string {
  return `event: ${event.event}\ndata: ${JSON.stringify(event)}\n\n`
}
