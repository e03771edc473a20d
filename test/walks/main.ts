/**
 * Plays the four walks of docs/architecture.md through a gateway and prints the files that each enters as
 * JSON. Run it with `node --import ./test/walks/record-entries.ts test/walks/main.ts`.
 */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { WebSocket } from 'ws'
import { buildApp } from '../../app.ts'
import { parseConfig } from '../../config/parse.ts'
import { areaLogs } from '../../plugins/logs.ts'
import { startAgentOs } from './agent-os.ts'
import { recordEntries } from './record-entries.ts'

const agentOses = await Promise.all(['one', 'two'].map((id) => startAgentOs(id)))
const parsed = parseConfig({
  upstreams: agentOses.map(({ url }, index) => ({ name: `os-${index}`, url })),
  log: { level: 'silent' },
})
if (!('config' in parsed)) throw new Error(JSON.stringify(parsed.issues))
const { config } = parsed
const app = await buildApp({ config, logs: areaLogs(pino({ level: 'silent' }), config.log) })
await app.listen({ port: 0, host: '127.0.0.1' })
const { port } = app.server.address() as AddressInfo
const url = `http://127.0.0.1:${port}`

async function get(path: string, init?: RequestInit): Promise<void> {
  await (await fetch(url + path, init)).text()
}

async function runWorkflow(): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/workflows/ws`)
  const finished = new Promise<void>((resolve) => {
    socket.on('message', (message) => {
      if (String(message).includes('WorkflowCompleted')) resolve()
    })
  })
  await once(socket, 'open')
  const message = { action: 'start-workflow', workflow_id: 'flow-one', message: 'hi' }
  socket.send(JSON.stringify(message))
  await finished
  socket.close()
  await once(socket, 'close')
}

/**
 * Repeats a walk until two consecutive runs enter the same files: the first runs also load modules, connect
 * and fill caches.
 */
async function walk(play: () => Promise<void>): Promise<string[]> {
  let before: string[] = []
  for (let run = 0; run < 20; run++) {
    const end = recordEntries()
    await play()
    // The access log and the metrics are written after the last byte.
    await new Promise((resolve) => setImmediate(resolve))
    const files = end()
    if (files.join() === before.join()) return files
    before = files
  }
  throw new Error(`The walk never entered the same files twice in a row, last: ${before.join()}`)
}

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const body = 'message=hi&stream=true'
const walks = {
  'A streamed run': await walk(() =>
    get('/agents/one/runs', { method: 'POST', headers: form, body }),
  ),
  'A cached card': await walk(() => get('/agents/one')),
  'A federated list': await walk(() => get('/sessions?type=agent')),
  'A WebSocket run': await walk(runWorkflow),
}
process.stdout.write(`${JSON.stringify(walks)}\n`)
process.exit(0)
