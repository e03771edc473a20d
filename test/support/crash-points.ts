/** Kills a composer at each of its writes: the next one finishes the run, and no member runs twice. For every store. */
import { setTimeout } from 'node:timers/promises'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { buildComposer } from '../../composer/app.ts'
import type { ComposeStore } from '../../src/compose/store.ts'
import type { Scripted } from '../unit/compose/scripted.ts'
import { startScripted } from '../unit/compose/scripted.ts'
import { startChatServer } from './chat-server.ts'
import { dyingStore } from './dying-store.ts'
import { eventsIn } from './events.ts'
import { configOf } from './gateway.ts'

/** An empty database of its own for one crash. */
export interface CrashStores {
  /** The store of the composer that is killed. */
  readonly first: ComposeStore
  /** The store of the next composer: the first one's lease has ended. */
  next(): Promise<ComposeStore>
}

type Dict = Record<string, unknown>

const parallel = (...agents: string[]) => agents.map((agent) => ({ name: agent, agent }))
const WORKFLOWS = [
  {
    id: 'plain',
    steps: [
      { name: 'first', agent: 'echo' },
      { name: 'both', parallel: parallel('echo-a', 'echo-b') },
    ],
  },
  {
    id: 'asking',
    steps: [
      { name: 'pay', agent: 'ask' },
      { name: 'tell', agent: 'echo', confirm: 'Tell?' },
    ],
  },
  {
    id: 'failing',
    steps: [
      { name: 'try', agent: 'fail', on_error: 'pause' },
      { name: 'tell', agent: 'echo' },
    ],
  },
  { id: 'waiting', steps: [{ name: 'both', parallel: parallel('gate-a', 'gate-b') }] },
]

/** One way to use the composer, and what its members have done in the end. */
interface Scenario {
  readonly path: string
  /** Cancels the run once so many members run. */
  readonly cancelAt?: number
  readonly status: string
  readonly agents: readonly string[]
  readonly continued: number
}

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  workflow: {
    path: '/workflows/plain',
    status: 'COMPLETED',
    agents: ['echo', 'echo-a', 'echo-b'],
    continued: 0,
  },
  team: { path: '/teams/pair', status: 'COMPLETED', agents: ['echo-a', 'echo-b'], continued: 0 },
  pause: { path: '/workflows/asking', status: 'COMPLETED', agents: ['ask', 'echo'], continued: 1 },
  failure: {
    path: '/workflows/failing',
    status: 'COMPLETED',
    agents: ['echo', 'fail', 'fail'],
    continued: 0,
  },
  cancel: {
    path: '/workflows/waiting',
    cancelAt: 2,
    status: 'CANCELLED',
    agents: ['gate-a', 'gate-b'],
    continued: 0,
  },
}

/** Sends one request to a composer. */
type Call = (method: string, path: string, fields?: object) => Promise<Dict>

/** Each crash has a session of its own, so that all of them share these servers. */
class Rig {
  readonly scripted: Scripted
  readonly #chat: string

  constructor(scripted: Scripted, chat: string) {
    this.scripted = scripted
    this.#chat = chat
  }

  composer(store: ComposeStore): { readonly call: Call; readonly close: () => Promise<void> } {
    const { composition } = configOf({
      upstreams: [{ name: 'one', url: this.scripted.upstream.url }],
      models: { m: { base_url: this.#chat, model: 'm' } },
      teams: [{ id: 'pair', model: 'm', members: [{ agent: 'echo-a' }, { agent: 'echo-b' }] }],
      workflows: WORKFLOWS,
    })
    if (composition === undefined) throw new Error('nothing is composed')
    const logger = pino({ level: 'silent' })
    const gateway = { url: this.scripted.upstream.url }
    const composer = buildComposer({ composition, gateway, store, logger })
    const call: Call = async (method, url, fields = {}) => {
      const payload = String(new URLSearchParams(fields as Record<string, string>))
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      const request = {
        method: method as 'POST',
        url,
        headers,
        ...(method === 'POST' && { payload }),
      }
      const { body } = await composer.app.inject(request)
      return body.startsWith('{') ? (JSON.parse(body) as Dict) : { body }
    }
    return { call, close: () => composer.close() }
  }

  runsOf(session: string) {
    return this.scripted.runs.filter(({ session_id = '' }) => session_id.startsWith(`${session}.`))
  }
}

/** Does what a caller does that repeats a request which was not answered, until the run has ended. */
async function drive(rig: Rig, call: Call, session: string, scenario: Scenario) {
  const runs = `${scenario.path}/runs`
  const fields = { message: 'both x', run_id: session, session_id: session, stream: 'false' }
  for (;;) {
    const run = await call('GET', `${runs}/${session}?session_id=${session}`)
    if (run['status'] === undefined) await call('POST', runs, { ...fields, background: 'true' })
    else if (run['status'] === 'PAUSED') {
      const steps = run['step_requirements'] as Dict[]
      const step_requirements = JSON.stringify(steps.map(answered))
      const given = { step_requirements, session_id: session, stream: 'false', background: 'true' }
      await call('POST', `${runs}/${session}/continue`, given)
    } else if (run['status'] !== 'RUNNING') return run
    if (rig.runsOf(session).length === scenario.cancelAt) {
      await call('POST', `${runs}/${session}/cancel`)
    }
    await setTimeout(10)
  }
}

function answered(step: Dict): Dict {
  const inner = (step['executor_requirements'] ?? []) as Dict[]
  const executor_requirements = inner.map((one) => ({ ...one, confirmation: true }))
  // A failed step is retried once.
  return { ...step, confirmed: step['retry_count'] === 0, executor_requirements }
}

/** One crash of one scenario. */
interface CrashPoint {
  readonly name: string
  /** Number of the write, from 1. */
  readonly at: number
  /** Whether that write is durable. */
  readonly isWritten: boolean
}

/** @returns whether the store has stopped before the run had ended */
async function crash(
  rig: Rig,
  { name, at, isWritten }: CrashPoint,
  { first: real, next }: CrashStores,
): Promise<boolean> {
  const scenario = SCENARIOS[name] as Scenario
  const session = `${name}-${at}-${isWritten}`
  const dying = dyingStore(real, at, isWritten)
  const killed = rig.composer(dying.store)
  const first = drive(rig, killed.call, session, scenario)
  await Promise.race([first, dying.died])
  if (dying.writes() < at) {
    await killed.close()
    return false
  }
  const { call, close } = rig.composer(await next())
  await finish(rig, call, session, scenario)
  await close()
  // The killed composer is not closed: a killed process closes nothing.
  await real.close()
  return true
}

/** The next composer ends the run, and its members have run once. */
async function finish(rig: Rig, call: Call, session: string, scenario: Scenario): Promise<void> {
  const run = await drive(rig, call, session, scenario)
  expect(run['status'], session).toBe(scenario.status)
  const agents = rig.runsOf(session).map(({ agent }) => agent)
  expect(agents.sort(), session).toEqual(scenario.agents)
  const ids = new Set(rig.runsOf(session).map(({ run_id }) => run_id))
  const continued = rig.scripted.continued.filter((id) => ids.has(id))
  expect(continued, session).toHaveLength(scenario.continued)
  if (scenario.cancelAt) {
    // The run ends without waiting for its cancelled members.
    const cancelled = () => new Set(rig.scripted.cancelled.filter((id) => ids.has(id))).size
    await expect.poll(cancelled, { timeout: 20_000 }).toBe(scenario.cancelAt)
  }
  const { body } = await call('POST', `${scenario.path}/runs/${session}/resume`)
  const events = eventsIn(String(body)).filter((event) => event['event_index'] !== undefined)
  expect(
    events.map((event) => event['event_index']),
    session,
  ).toEqual([...events.keys()])
  for (const event of ['WorkflowStarted', 'WorkflowPaused', 'StepPaused', 'RunContinued']) {
    const seen = events.filter((one) => one['event'] === event).length
    expect(seen, `${session}: ${event}`).toBeLessThanOrEqual(event === 'WorkflowPaused' ? 2 : 1)
  }
}

/** Tests every scenario. @param open returns new stores for each crash */
export function testCrashes(open: () => Promise<CrashStores>): void {
  test.each(Object.keys(SCENARIOS))('a %s survives a crash at each write', async (name) => {
    const scripted = await startScripted()
    const { url } = await startChatServer()
    const rig = new Rig(scripted, url)
    scripted.release('ask')
    let at = 1
    let isOver = false
    const work = async () => {
      while (!isOver) {
        const point = at++
        const both = [false, true].map(async (isWritten) => {
          return crash(rig, { name, at: point, isWritten }, await open())
        })
        if (!(await Promise.all(both)).some(Boolean)) isOver = true
      }
    }
    await Promise.all(Array.from({ length: 4 }, work))
    expect(at).toBeGreaterThan(8)
  })
}
