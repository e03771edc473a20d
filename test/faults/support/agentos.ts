/**
 * A program that fakes an AgentOS: it holds its runs in memory and writes every event into a journal file.
 *
 * Usage: `node agentos.ts NAME HOST PORT JOURNAL`. Prints `ready`. The query of a run controls it: `id`
 * (unique), `events`, `every` (ms between events), `delay` (ms before the answer), `halt` (number of the
 * event inside which it stops).
 */
import { appendFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import type { RunEvent } from './run.ts'
import { eventText, Run } from './run.ts'

const [NAME = '', HOST = '', PORT = '', JOURNAL = ''] = process.argv.slice(2)
const runs = new Map<string, Run>()

/** Writes one line into the journal: the event and the run. */
function note(what: string, id: string): void {
  appendFileSync(JOURNAL, `${what} ${NAME} ${id}\n`)
}

function json(response: ServerResponse, body: unknown, status = 200): void {
  const text = JSON.stringify(body)
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
  response.writeHead(status, headers).end(text)
}

const card = (id: string) => ({ id, name: id, description: 'fake', db_id: 'db' })
const CARDS: Readonly<Record<string, unknown>> = {
  '/health': { status: 'ok' },
  '/config': { os_id: 'fake', databases: ['db'], agents: [card('echo')], teams: [] },
  '/info': { agno_version: '3.1.10', auth_mode: 'none' },
  '/agents': [card('echo')],
  '/teams': [],
  '/workflows': [card('flow')],
  '/agents/echo': card('echo'),
  '/sessions': { data: [], meta: { page: 1, limit: 20, total_pages: 0, total_count: 0 } },
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://fake')
  const body = Buffer.concat(await request.toArray()).toString('latin1')
  const [, , , runsOf, runId, action] = url.pathname.split('/')
  if (runsOf !== 'runs') {
    json(response, CARDS[url.pathname] ?? { detail: 'Not Found' }, CARDS[url.pathname] ? 200 : 404)
  } else if (runId === undefined) begin(url.searchParams, new URLSearchParams(body), response)
  else about(decodeURIComponent(runId), action, new URLSearchParams(body), response)
}

function begin(query: URLSearchParams, form: URLSearchParams, response: ServerResponse): void {
  const id = query.get('id') ?? 'unnamed'
  note('start', id)
  const isBackground = form.get('background') === 'true'
  const run = new Run(`${NAME}.${id}`, {
    events: Number(query.get('events') ?? 3),
    everyMs: Number(query.get('every') ?? 0),
    halt: Number(query.get('halt') ?? -1),
    isBackground,
    onEnd: () => note('end', id),
    onHalt: () => note('halt', id),
  })
  if (isBackground) runs.set(run.id, run)
  setTimeout(
    () => {
      if (form.get('stream') === 'true') stream(run, response, -1)
      else if (isBackground) json(response, { ...run.summary, status: 'PENDING' }, 202)
      else {
        json(response, { ...run.summary, content: id, status: 'COMPLETED' })
        note('end', id)
        return
      }
      run.begin()
    },
    Number(query.get('delay') ?? 0),
  )
}

function stream(run: Run, response: ServerResponse, lastIndex: number, first?: RunEvent): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.flushHeaders()
  if (first) response.write(eventText(first))
  const leave = run.subscribe(lastIndex, {
    write: (text) => response.write(text),
    end: () => response.end(),
  })
  response.on('close', () => {
    leave()
    // AgentOS cancels a foreground run whose caller disconnects.
    if (!run.isBackground && !response.writableFinished) run.cancel()
  })
}

function about(
  runId: string,
  action: string | undefined,
  form: URLSearchParams,
  response: ServerResponse,
): void {
  const run = runs.get(runId)
  // The id names the replica that started the run; while it lives, no other replica should be asked.
  if (!runId.startsWith(`${NAME}.`)) note('stray', `${action ?? 'poll'}:${runId}`)
  if (action === 'resume') {
    if (run) {
      const first = { event: 'catch_up', run_id: runId, status: 'running' }
      stream(run, response, Number(form.get('last_event_index') ?? -1), first)
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(eventText({ event: 'error', error: `Run ${runId} not found` }))
  } else if (run === undefined) json(response, { detail: 'Run not found' }, 404)
  else if (action === 'cancel') {
    run.cancel()
    json(response, {})
  } else json(response, { ...run.summary, status: run.isOver ? 'COMPLETED' : 'RUNNING' })
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  answer(request, response).catch(() => response.destroy())
})
new WebSocketServer({ server, path: '/workflows/ws' }).on('connection', (socket) => {
  socket.send(JSON.stringify({ event: 'connected', message: 'Connected', requires_auth: false }))
  socket
    .on('error', () => {})
    .on('message', (frame) => {
      const command = JSON.parse(frame.toString()) as { action: string; message?: string }
      if (command.action !== 'start-workflow') return
      const id = command.message ?? 'unnamed'
      note('start', id)
      const about = { workflow_id: 'flow', run_id: `${NAME}.${id}`, nested_depth: 0 }
      socket.send(eventText({ event: 'WorkflowStarted', ...about }))
      socket.send(eventText({ event: 'WorkflowCompleted', ...about, content: id }))
      note('end', id)
    })
})
server.listen(Number(PORT), HOST, () => process.stdout.write('ready\n'))
