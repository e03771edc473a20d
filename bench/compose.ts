/**
 * `npm run bench:compose`: measures composed runs against the bare run of their member, the journal, and the memory of the
 * composer. Prints medians, and their ratio to the bare run. Options: `--samples N` for each median, `--runs N` for the
 * memory.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { SqliteStore } from '../src/compose/sqlite-store.ts'

const { values } = parseArgs({
  options: {
    samples: { type: 'string', default: '300' },
    runs: { type: 'string', default: '10000' },
  },
})
const SAMPLES = Number(values.samples)
const RUNS = Number(values.runs)
/** Runs at a time while memory is measured. */
const WIDTH = 16
/** Steps of the journal's measurement, with so many events each. */
const JOURNALED_STEPS = 2_000
const EVENTS_A_STEP = 6

const say = (text: string) => process.stdout.write(`${text}\n`)
const step = (index: number) => ({ name: `s${index}`, agent: 'echo' })

/** An AgentOS whose agent answers at once, also in the background. */
async function startMember(): Promise<string> {
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    answer(request, response, new URLSearchParams(body))
  })
  server.listen(0, '127.0.0.1').unref()
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function answer(request: IncomingMessage, response: ServerResponse, form: URLSearchParams): void {
  const { method, url = '' } = request
  if (method === 'GET') {
    const agents = [{ id: 'echo', name: 'echo' }]
    const config = { os_id: 'bench', databases: [], agents, teams: [], workflows: [] }
    const lists: Record<string, unknown> = { '/agents': agents, '/teams': [], '/workflows': [] }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(lists[url] ?? config))
    return
  }
  const ids = { agent_id: 'echo', run_id: form.get('run_id'), session_id: form.get('session_id') }
  const isBackground = form.get('background') === 'true'
  const events = ['RunStarted', 'RunContent', 'RunContent', 'RunContent', 'RunCompleted']
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const [index, event] of events.entries()) {
    const numbered = isBackground ? { event_index: index } : {}
    const data = JSON.stringify({ event, ...ids, content: 'a word', ...numbered })
    response.write(`event: ${event}\ndata: ${data}\n\n`)
  }
  response.end()
}

interface Gateway {
  readonly url: string
  stop(): Promise<void>
}

async function startGateway(member: string): Promise<Gateway> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-compose-'))
  const file = join(directory, 'gateway.json')
  const workflows = [
    { id: 'one', steps: [step(0)] },
    { id: 'four', steps: [0, 1, 2, 3].map(step) },
  ]
  const composer = { database: `sqlite:${join(directory, 'composer.db')}` }
  const upstreams = [{ name: 'bench', url: member }]
  writeFileSync(file, JSON.stringify({ upstreams, workflows, composer }))
  const server = fileURLToPath(new URL('../server.ts', import.meta.url))
  const child = spawn(process.execPath, [server, '--config', file, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { promise: listening, resolve } = Promise.withResolvers<string>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!line.startsWith('{')) return
    const { msg, url } = JSON.parse(line) as { msg?: string; url?: string }
    if (msg === 'listening' && url) resolve(url)
  })
  const url = await listening
  while (!(await fetch(`${url}/workflows/four`)).ok) await setTimeout(100)
  const stop = async () => {
    child.kill('SIGTERM')
    await once(child, 'exit')
    rmSync(directory, { recursive: true, force: true })
  }
  return { url, stop }
}

/** Reads one streamed run to its end. @returns milliseconds */
async function run(url: string, path: string): Promise<number> {
  const began = performance.now()
  const body = new URLSearchParams({ message: 'x' })
  const response = await fetch(`${url}${path}/runs`, { method: 'POST', body })
  const text = await response.text()
  if (!text.includes('Completed')) throw new Error(text)
  return performance.now() - began
}

function median(samples: readonly number[]): number {
  return samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? 0
}

/** Measures in turns, so that a busy moment hits all of them. */
async function measureSteps(url: string): Promise<void> {
  const paths = { bare: '/agents/echo', one: '/workflows/one', four: '/workflows/four' }
  const samples = { bare: [] as number[], one: [] as number[], four: [] as number[] }
  for (let i = 0; i < SAMPLES + SAMPLES / 10; i++) {
    for (const [name, path] of Object.entries(paths)) {
      const ms = await run(url, path)
      if (i >= SAMPLES / 10) samples[name as keyof typeof samples].push(ms)
    }
  }
  const [bare, one, four] = [median(samples.bare), median(samples.one), median(samples.four)]
  const a = (ms: number) => `${ms.toFixed(2)} ms (${(ms / bare).toFixed(1)} ×)`
  say(`bare run ${bare.toFixed(2)} ms; one step ${a(one)}; four steps ${a(four)}`)
  say(`overhead of the first step ${(one - bare).toFixed(2)} ms`)
  say(`a further step ${((four - one) / 3).toFixed(2)} ms, with its member's run`)
}

async function measureJournal(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-journal-'))
  const store = new SqliteStore(join(directory, 'c.db'))
  const runId = 'r'
  const times = { createdAt: 0, updatedAt: 0, takeovers: 0, isCancelled: false, output: undefined }
  const kind = 'workflows' as const
  const ids = { runId, sessionId: 's', kind, componentId: 'w', userId: undefined }
  const state = { status: 'RUNNING', input: 'x', isBackground: true, request: {} }
  await store.createRun({ ...ids, ...times, ...state })
  const journal = await store.journal(runId)
  const began = performance.now()
  for (let i = 0; i < JOURNALED_STEPS; i++) {
    await journal.put(`member:${i}`, { runId: 'm', member: 'echo' })
    for (let n = 0; n < EVENTS_A_STEP; n++) {
      const event = { event: 'RunContent', content: 'a word', run_id: 'm', session_id: 's' }
      const position = { source: `member:${i}`, index: n }
      await store.appendEvent(runId, { index: i * EVENTS_A_STEP + n, event, position })
    }
    await journal.put(`block:${i}`, { output: { content: 'a word', success: true } })
  }
  const ms = (performance.now() - began) / JOURNALED_STEPS
  say(`journal in SQLite ${ms.toFixed(3)} ms a step with ${EVENTS_A_STEP} events`)
  await store.close()
  rmSync(directory, { recursive: true, force: true })
}

async function measureMemory(url: string): Promise<void> {
  const memory = async () => {
    const status = (await (await fetch(`${url}/gateway/status`)).json()) as {
      composer: { memory_mb: number }
    }
    return status.composer.memory_mb
  }
  const seen: number[] = []
  for (let part = 0; part < 10; part++) {
    let left = RUNS / 10
    const work = async () => {
      while (left-- > 0) await run(url, '/workflows/one')
    }
    await Promise.all(Array.from({ length: WIDTH }, work))
    seen.push(await memory())
  }
  say(`memory of the composer after every ${RUNS / 10} of ${RUNS} runs: ${seen.join(', ')} MB`)
}

await measureJournal()
const gateway = await startGateway(await startMember())
await measureSteps(gateway.url)
await measureMemory(gateway.url)
await gateway.stop()
