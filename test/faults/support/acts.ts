/** Kinds of requests that callers send, each of which checks its answer. */
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { Caller } from './caller.ts'
import { isWhole, runOf, WrongAnswer } from './caller.ts'
import type { Act } from './load.ts'
import { runs } from './load.ts'

const FORM = 'application/x-www-form-urlencoded'
/** Larger than the body that a gateway buffers for a retry. */
const UPLOAD_BYTES = 300 * 1024

function expectThat(holds: boolean, what: string): void {
  if (!holds) throw new WrongAnswer(200, what, '')
}

const streams: Act = async (caller, id) => {
  const { events, end } = await caller.hear(id, '&events=5&every=30')
  expectThat(end === 'whole' && events.length === 7, `STREAM ${end} ${events.length}`)
}

const background: Act = async (caller, id) => {
  const heard = await caller.follow(id, '&events=10&every=30', 0)
  expectThat(isWhole(heard, 10), 'BACKGROUND')
}

/** Starts a background run. @returns its path */
async function begun(caller: Caller, id: string, query: string): Promise<string> {
  const text = await caller.ask(runOf(id, { stream: 'false', background: 'true' }, query))
  return `/agents/echo/runs/${(JSON.parse(text) as { run_id: string }).run_id}`
}

const polls: Act = async (caller, id) => {
  const path = await begun(caller, id, '&events=3&every=30')
  while (!(await caller.ask({ path })).includes('COMPLETED')) await setTimeout(30)
}

const cancels: Act = async (caller, id) => {
  const path = await begun(caller, id, '&events=1000&every=50')
  await caller.ask({ path: `${path}/cancel`, body: Buffer.alloc(0), method: 'POST' })
  expectThat((await caller.ask({ path })).includes('COMPLETED'), 'NOT CANCELLED')
}

/** Disconnects inside its stream. */
const leaves: Act = async (caller, id) => {
  const answer = await caller.open(runOf(id, { stream: 'true' }, '&events=1000&every=20'))
  answer.on('error', () => {})
  await once(answer, 'data')
  answer.destroy()
}

const uploads: Act = async (caller, id) => {
  const body = Buffer.from(`stream=false&message=${'x'.repeat(UPLOAD_BYTES)}`)
  const text = await caller.ask({
    path: `/agents/echo/runs?id=${id}`,
    headers: { 'content-type': FORM },
    body,
  })
  expectThat(text.includes(id), 'UPLOAD')
}

const lists: Act = async (caller) => {
  expectThat((await caller.ask({ path: '/sessions?type=agent' })).includes('total_count'), 'LIST')
  expectThat((await caller.ask({ path: '/agents' })).includes('echo'), 'AGENTS')
}

const sockets: Act = async (caller, id) => {
  const socket = new WebSocket(`${caller.url.replace(/^http/, 'ws')}/workflows/ws`)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  socket.on('error', (error) => reject(new WrongAnswer(0, 'SOCKET', error.message)))
  socket.on('close', () => reject(new WrongAnswer(0, 'SOCKET CLOSED', '')))
  socket.on('message', (frame) => {
    const text = String(frame)
    if (text.includes('"connected"')) {
      socket.send(JSON.stringify({ action: 'start-workflow', workflow_id: 'flow', message: id }))
    } else if (text.includes('WorkflowCompleted')) {
      if (text.includes(id)) resolve()
      else reject(new WrongAnswer(0, 'SOCKET OTHER', text))
    }
  })
  try {
    await promise
  } finally {
    socket.removeAllListeners('close').close()
  }
}

/** All kinds of requests; the most frequent ones are listed twice. */
export const MIXED: readonly Act[] = [
  runs,
  streams,
  lists,
  background,
  runs,
  polls,
  leaves,
  uploads,
  cancels,
  sockets,
]
