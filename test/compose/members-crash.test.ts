/** Real AgentOS servers of two releases that are killed, or whose composer is, while runs are paused or continue. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startChatServer } from '../support/chat-server.ts'
import { isListening, isReady, PATIENT } from '../support/composing-process.ts'
import { eventsIn } from '../support/events.ts'
import { startPostgres } from '../support/postgres.ts'
import type { GatewayProcess } from '../support/process.ts'
import { startProcess } from '../support/process.ts'
import type { Dict } from '../unit/compose/recordings.ts'
import { startMembers } from './agentos.ts'

vi.setConfig({ testTimeout: 240_000 })

const CASES = ['agno-2.9.0', 'agno-3.1.10'].flatMap((release) => [
  { release, database: 'sqlite' },
  { release, database: 'postgres' },
])

async function databaseUrl(kind: string): Promise<string> {
  if (kind === 'postgres') return (await startPostgres()).url
  const directory = mkdtempSync(join(tmpdir(), 'members-crash-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return `sqlite:${join(directory, 'c.db')}`
}

/** A gateway of one composer, or two gateways with a composer each on PostgreSQL. */
class Rig {
  readonly model: Awaited<ReturnType<typeof startChatServer>>
  readonly members: Awaited<ReturnType<typeof startMembers>>
  readonly gateways: readonly GatewayProcess[]

  private constructor(
    model: Rig['model'],
    members: Rig['members'],
    gateways: readonly GatewayProcess[],
  ) {
    this.model = model
    this.members = members
    this.gateways = gateways
  }

  static async start({ release, database }: (typeof CASES)[number]): Promise<Rig> {
    const model = await startChatServer()
    const members = await startMembers(release, ['payer', 'ida'], `${model.url}/v1`)
    const document = {
      upstreams: [{ name: 'members', url: members.url }],
      workflows: [
        {
          id: 'pays',
          steps: [
            { name: 'pay', agent: 'payer' },
            { name: 'tell', agent: 'ida', input: 'short' },
          ],
        },
        {
          id: 'tells',
          steps: [
            { name: 'tell', agent: 'ida' },
            { name: 'again', agent: 'ida', input: 'short' },
          ],
        },
      ],
      composer: { database: await databaseUrl(database) },
    }
    const count = database === 'postgres' ? 2 : 1
    const gateways = await Promise.all(Array.from({ length: count }, () => startProcess(document)))
    await Promise.all(gateways.map((gateway) => gateway.until(isReady)))
    return new Rig(model, members, gateways)
  }

  get first(): GatewayProcess {
    return this.gateways[0] as GatewayProcess
  }

  /** The gateway that is there after {@link killComposer}. */
  get last(): GatewayProcess {
    return this.gateways.at(-1) as GatewayProcess
  }

  async post(gateway: GatewayProcess, path: string, fields: Record<string, string>) {
    const body = new URLSearchParams({ session_id: 's', ...fields })
    const response = await fetch(`${gateway.url}${path}`, { method: 'POST', body })
    expect(response.status).toBeLessThan(300)
    return response
  }

  begin(workflow: string): Promise<Response> {
    const fields = { message: 'crawl', run_id: 'r', background: 'true', stream: 'false' }
    return this.post(this.first, `/workflows/${workflow}/runs`, fields)
  }

  async run(workflow: string, gateway = this.last): Promise<Dict> {
    const response = await fetch(`${gateway.url}/workflows/${workflow}/runs/r?session_id=s`)
    return response.ok ? ((await response.json()) as Dict) : {}
  }

  async approve(): Promise<Response> {
    const { step_requirements } = await this.run('pays', this.first)
    const answers = (step_requirements as Dict[]).map((step) => {
      const inner = step['executor_requirements'] as Dict[]
      return {
        ...step,
        executor_requirements: inner.map((one) => ({ ...one, confirmation: true })),
      }
    })
    const fields = { step_requirements: JSON.stringify(answers), stream: 'true' }
    return await this.post(this.first, '/workflows/pays/runs/r/continue', fields)
  }

  /**
   * Kills the composer, on PostgreSQL with its gateway. Resolves when a composer has taken the run over, or when the run had
   * ended before: a busy machine may have delayed the kill.
   */
  async killComposer(): Promise<void> {
    const { pid } = await this.first.until(isListening)
    if (this.gateways.length > 1) this.first.child.kill('SIGKILL')
    process.kill(Number(pid), 'SIGKILL')
    const hasEnded = async () => (await this.run('pays'))['status'] === 'COMPLETED'
    await Promise.race([
      this.last.until(({ msg }) => msg === 'an interrupted run continues'),
      expect.poll(hasEnded, PATIENT).toBe(true),
    ])
  }

  async events(workflow: string): Promise<Dict[]> {
    const path = `/workflows/${workflow}/runs/r/resume`
    const text = await (await this.post(this.last, path, {})).text()
    return eventsIn(text).filter((event) => event['event_index'] !== undefined)
  }

  get modelRequests(): number {
    return this.model.requests.filter(({ url }) => url.endsWith('/chat/completions')).length
  }
}

test.each(CASES)(
  'an approved tool of $release runs once after a crash, with $database',
  async (given) => {
    const rig = await Rig.start(given)
    await rig.begin('pays')
    await expect.poll(() => rig.run('pays', rig.first), PATIENT).toMatchObject({ status: 'PAUSED' })
    await rig.approve()
    // The tool has run, and the model's answer takes three more seconds.
    await expect.poll(() => [rig.members.payments(), rig.modelRequests], PATIENT).toEqual([1, 2])
    await rig.killComposer()
    await expect.poll(() => rig.run('pays'), PATIENT).toMatchObject({ status: 'COMPLETED' })
    expect([rig.members.payments(), rig.modelRequests]).toEqual([1, 3])
    const events = await rig.events('pays')
    expect(events.map((event) => event['event_index'])).toEqual([...events.keys()])
    const count = (name: string) => events.filter(({ event }) => event === name).length
    expect([count('RunContinued'), count('RunCompleted')]).toEqual([1, 2])
  },
)

test.each(CASES)('a killed AgentOS $release fails its step, with $database', async (given) => {
  const rig = await Rig.start(given)
  await rig.begin('tells')
  await expect.poll(() => rig.modelRequests, PATIENT).toBe(1)
  await rig.members.kill()
  await expect.poll(() => rig.run('tells'), PATIENT).toMatchObject({ status: 'ERROR' })
  expect(rig.modelRequests).toBe(1)
  expect((await rig.events('tells')).at(-1)).toMatchObject({ event: 'WorkflowError' })
})

test.each(CASES)(
  'a paused run survives a killed AgentOS $release, with $database',
  async (given) => {
    const rig = await Rig.start(given)
    await rig.begin('pays')
    await expect.poll(() => rig.run('pays', rig.first), PATIENT).toMatchObject({ status: 'PAUSED' })
    await rig.members.kill()
    await rig.members.start()
    // The gateway finds it again with its next query.
    const isFound = async () => (await fetch(`${rig.first.url}/agents/payer`)).ok
    await expect.poll(isFound, PATIENT).toBe(true)
    await (await rig.approve()).text()
    await expect.poll(() => rig.run('pays'), PATIENT).toMatchObject({ status: 'COMPLETED' })
    expect(rig.members.payments()).toBe(1)
  },
)
