/** Starts gateways with a composer as real processes that share one database, one after the other. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import type { Scripted } from '../unit/compose/scripted.ts'
import { startScripted } from '../unit/compose/scripted.ts'
import { startChatServer } from './chat-server.ts'
import { eventsIn } from './events.ts'
import { freePort } from './free-port.ts'
import type { LogLine } from './log-capture.ts'
import type { GatewayProcess, ProcessOptions } from './process.ts'
import { startProcess } from './process.ts'

/** Processes start slowly on a busy machine. */
export const PATIENT = { timeout: 60_000 }

/** The log line of a gateway that can reach its composer. */
export const isReady = ({ upstream, state }: LogLine) =>
  upstream === 'composer' && state === 'ready'
/** The log line of a composer that has started. */
export const isListening = ({ msg }: LogLine) => msg === 'composer listening'

/** The log line of a composer that takes a run up. */
export const isContinuation = ({ msg }: LogLine) => msg === 'an interrupted run continues'

/** A scripted AgentOS and the gateways in front of it. */
export interface Rig {
  readonly scripted: Scripted
  /** Starts the gateway; its composer has the database of the one before. */
  start(options?: ProcessOptions): Promise<GatewayProcess>
}

const STEPS = [
  { name: 'first', agent: 'echo' },
  {
    name: 'both',
    parallel: [
      { name: 'a', agent: 'gate-a' },
      { name: 'b', agent: 'gate-b' },
    ],
  },
  { name: 'last', agent: 'echo-b' },
]

/**
 * Workflow `w` has the steps `echo`, `gate-a` beside `gate-b`, and `echo-b`; workflow `asks` the steps `ask` and `echo-b`;
 * team `t` has the members `gate-a` and `gate-b`.
 *
 * @param more keys of the configuration file
 * @param upstream keys of its upstream
 */
export async function rig(
  more: { readonly workers?: number; readonly [key: string]: unknown } = {},
  upstream: object = {},
): Promise<Rig> {
  const scripted = await startScripted()
  const { url: base_url } = await startChatServer()
  const directory = mkdtempSync(join(tmpdir(), 'crash-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const port = await freePort()
  const document = {
    listen: { port },
    upstreams: [{ name: 'one', url: scripted.upstream.url, ...upstream }],
    workflows: [
      { id: 'w', steps: STEPS },
      { id: 'asks', steps: [{ name: 'a', agent: 'ask' }, STEPS[2]] },
      { id: 'inline', steps: [{ name: 'a', agent: 'inline-gate' }] },
    ],
    models: { m: { base_url, model: 'm' } },
    teams: [{ id: 't', model: 'm', members: [{ agent: 'gate-a' }, { agent: 'gate-b' }] }],
    composer: { database: `sqlite:${join(directory, 'c.db')}` },
    ...more,
  }
  const start = async (options?: ProcessOptions) => {
    const gateway = await startProcess(document, options)
    const workers = new Set<unknown>()
    while (workers.size < (document.workers ?? 1)) {
      const line = await gateway.until((one) => isReady(one) && !workers.has(one['pid']))
      workers.add(line['pid'])
    }
    return gateway
  }
  return { scripted, start }
}

/** Starts run `r` of session `s`, in the background by default. @param path such as `/workflows/w` */
export async function begin(
  gateway: GatewayProcess,
  path: string,
  fields: object = {},
  headers = {},
): Promise<Response> {
  const body = new URLSearchParams({
    message: 'both x',
    run_id: 'r',
    session_id: 's',
    background: 'true',
    ...fields,
  })
  const response = await fetch(`${gateway.url}${path}/runs`, { method: 'POST', body, headers })
  expect(response.status).toBeLessThan(300)
  return response
}

/** The stored run `r`; empty while there is none. */
export async function stored(
  gateway: GatewayProcess,
  path: string,
  headers = {},
): Promise<Record<string, unknown>> {
  const response = await fetch(`${gateway.url}${path}/runs/r?session_id=s`, { headers })
  return response.ok ? ((await response.json()) as Record<string, unknown>) : {}
}

/** Kills the composer, and waits until the next one listens. */
export async function killComposer(gateway: GatewayProcess): Promise<void> {
  const { pid } = await gateway.until(isListening)
  process.kill(Number(pid), 'SIGKILL')
  await gateway.until((line) => isListening(line) && line['pid'] !== pid)
}

/** The events of run `r` after an index, until its end. */
export async function resumed(
  gateway: GatewayProcess,
  path: string,
  last: number,
): Promise<Record<string, unknown>[]> {
  const body = new URLSearchParams({ last_event_index: `${last}`, session_id: 's' })
  const response = await fetch(`${gateway.url}${path}/runs/r/resume`, { method: 'POST', body })
  return eventsIn(await response.text()).filter((event) => event['event_index'] !== undefined)
}

/** The events of a stream that may break off. */
export async function eventsUntilBreak({ body }: Response): Promise<Record<string, unknown>[]> {
  let text = ''
  try {
    for await (const part of body?.pipeThrough(new TextDecoderStream()) ?? []) text += part
  } catch {
    // The connection has broken.
  }
  return eventsIn(text)
}

/** Agents of the member runs, sorted: requests of parallel members arrive in any order. */
export const agentsOf = ({ runs }: Scripted) => runs.map(({ agent }) => agent).sort()
