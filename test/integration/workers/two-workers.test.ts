import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { run, send } from '../../support/client.ts'
import { answerJson, eventText } from '../../support/fake-upstream.ts'
import type { GatewayProcess } from '../../support/process.ts'
import { startProcess } from '../../support/process.ts'
import { startRunReplicas } from '../../support/run-replicas.ts'
import { scrape } from '../../support/scrape.ts'

interface Status {
  readonly open: number
  readonly upstreams: { replicas: { in_flight: number }[] }[]
  readonly workers: { pid: number; open: number; config: { version: number; hash: string } }[]
}

async function statusOf({ url }: GatewayProcess): Promise<Status> {
  return (await (await send(`${url}/gateway/status`)).json()) as Status
}

async function answering(keys: object = {}) {
  const upstream = await startAgentOs({ agents: ['echo'] }, (_request, response, message) => {
    message.resume()
    answerJson(response, { run_id: 'r', metrics: { input_tokens: 1 } })
  })
  const document = { workers: 2, upstreams: [{ name: 'a', url: upstream.url }], ...keys }
  const gateway = await startProcess(document)
  const runs = `${gateway.url}/agents/echo/runs`
  return { document, gateway, runs }
}

async function streaming(count: number) {
  const upstream = await startAgentOs()
  const upstreams = [{ name: 'a', url: upstream.url }]
  const gateway = await startProcess({ workers: 2, upstreams })
  const sent = Array.from({ length: count }, () => run(`${gateway.url}/agents/echo/runs`))
  const streams = []
  for (const _ of sent) {
    const stream = (await upstream.next()).events()
    stream.write(eventText({ event: 'RunStarted' }))
    streams.push(stream)
  }
  const answers = await Promise.all(sent)
  await Promise.all(answers.map((answer) => answer.event()))
  return { gateway, streams, answers }
}

describe('two workers', { timeout: 120_000 }, () => {
  test('two workers share one port and report combined status and metrics', async () => {
    const { gateway, streams } = await streaming(4)
    const status = await statusOf(gateway)
    expect(status.open).toBe(4)
    expect(status.upstreams[0]?.replicas[0]?.in_flight).toBe(4)
    expect(status.workers.length).toBe(2)
    expect(status.workers.reduce((sum, { open }) => sum + open, 0)).toBe(4)
    expect((await scrape(gateway))('open_streams')).toBe(4)
    for (const stream of streams) stream.end()
  })

  test('a killed worker is replaced and its counted requests are kept', async () => {
    const { gateway, runs } = await answering()
    for (let i = 0; i < 10; i++) await (await run(runs)).whole()
    expect((await scrape(gateway))('requests_total', { component: 'agents/echo' })).toBe(10)
    const [first, second] = (await statusOf(gateway)).workers
    process.kill(first?.pid as number, 'SIGKILL')
    let failed = 0
    for (let i = 0; i < 100; i++) {
      await run(runs).then(
        async (answer) => {
          if (!(await answer.isWhole)) failed++
        },
        () => failed++,
      )
    }
    // Only a request on a connection of the killed worker may fail.
    expect(failed).toBeLessThanOrEqual(1)
    await gateway.until(({ msg }) => String(msg).startsWith('a worker exited'))
    let { workers } = await statusOf(gateway)
    while (workers.length < 2) workers = (await statusOf(gateway)).workers
    const pids = workers.map(({ pid }) => pid)
    expect(pids).toContain(second?.pid)
    expect(pids).not.toContain(first?.pid)
    const value = await scrape(gateway)
    expect(value('requests_total', { component: 'agents/echo' })).toBe(110 - failed)
    expect(value('workers')).toBe(2)
  })

  test('workers accept or refuse a new configuration together', async () => {
    const { document, gateway } = await answering()
    const reload = async () =>
      (await send(`${gateway.url}/gateway/reload`, { method: 'POST' })).status
    await gateway.configure({ ...document, name: 'Second' })
    expect(await reload()).toBe(200)
    for (let i = 0; i < 4; i++) {
      expect(await (await send(`${gateway.url}/`)).json()).toMatchObject({ name: 'Second' })
    }
    const { workers } = await statusOf(gateway)
    expect(workers.map(({ config }) => config.version)).toEqual([2, 2])
    expect(new Set(workers.map(({ config }) => config.hash)).size).toBe(1)
    await gateway.configure('{ "upstre')
    expect([await reload(), await reload()]).toEqual([409, 409])
    expect((await scrape(gateway))('config_last_reload_successful')).toBe(0)
  })

  test('workers finish their streams on SIGTERM and exit with 0', async () => {
    const { gateway, streams, answers } = await streaming(1)
    gateway.child.kill('SIGTERM')
    await gateway.until(({ msg }) => msg === 'draining')
    streams[0]?.end(eventText({ event: 'RunCompleted' }))
    expect(await answers[0]?.isWhole).toBe(true)
    expect(await gateway.exited).toBe(0)
  })

  test('workers exit at once with 1 on a second SIGTERM', async () => {
    const { gateway, answers } = await streaming(1)
    gateway.child.kill('SIGTERM')
    await gateway.until(({ msg }) => msg === 'draining the workers')
    gateway.child.kill('SIGTERM')
    expect(await gateway.exited).toBe(1)
    expect(await answers[0]?.isWhole).toBe(false)
  })

  test('a worker finds a run that another worker started', async () => {
    const replicas = await startRunReplicas(['a', 'b'])
    const urls = replicas.map(({ url }) => url)
    const gateway = await startProcess({
      workers: 2,
      upstreams: [{ name: 'u', urls, health_check: false, policy: 'round_robin' }],
    })
    const runs = `${gateway.url}/agents/echo/runs`
    const { run_id: id } = (await (await run(runs)).json()) as { run_id: string }
    for (let i = 0; i < 8; i++) expect((await send(`${runs}/${id}`)).status).toBe(200)
    const other = replicas.find(({ name }) => !id.startsWith(name))
    expect(other?.asked().filter((line) => line.includes(id))).toEqual([])
  })

  test('workers share one rate limit', async () => {
    const { gateway } = await answering({ rate_limit: { max: 5, window: '60s', by: 'address' } })
    const statuses = []
    for (let i = 0; i < 8; i++) statuses.push((await send(`${gateway.url}/agents`)).status)
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429, 429])
  })

  test('workers share the count of a budget', async () => {
    const { gateway, runs } = await answering({
      budgets: [{ name: 'all', by: 'all', tokens: 3, window: 'month' }],
    })
    const statuses = []
    for (let i = 0; i < 6; i++) {
      const answer = await run(runs)
      await answer.whole()
      statuses.push(answer.status)
    }
    expect(statuses).toEqual([200, 200, 200, 429, 429, 429])
    const list = await send(`${gateway.url}/gateway/budgets`)
    expect(await list.json()).toMatchObject({ data: [{ used: { tokens: 3 }, is_over: true }] })
  })

  test('workers write whole lines into one log file', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'gateway-log-'))
    onTestFinished(() => rm(directory, { recursive: true }))
    const file = join(directory, 'access.log')
    const { gateway, runs } = await answering({ log: { access_file: file } })
    for (let i = 0; i < 5; i++) {
      await Promise.all(Array.from({ length: 40 }, async () => (await run(runs)).whole()))
    }
    gateway.child.kill('SIGTERM')
    expect(await gateway.exited).toBe(0)
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
    const pids = new Set(lines.map((line) => (JSON.parse(line) as { pid: number }).pid))
    expect([lines.length, pids.size]).toEqual([200, 2])
  })

  test('workers that cannot start report the error once and exit 1', async () => {
    const { gateway, document } = await answering()
    const { port } = new URL(gateway.url)
    const file = join(await mkdtemp(join(tmpdir(), 'gateway-port-')), 'gateway.yaml')
    onTestFinished(() => rm(dirname(file), { recursive: true }))
    await writeFile(file, JSON.stringify({ ...document, listen: { port: Number(port) } }))
    const server = fileURLToPath(new URL('../../../server.ts', import.meta.url))
    const child = spawn(process.execPath, [server, '--config', file])
    const told = child.stderr.toArray()
    const [code] = (await once(child, 'exit')) as [number]
    expect(code).toBe(1)
    expect(
      Buffer.concat(await told)
        .toString('utf8')
        .match(/EADDRINUSE/g)?.length,
    ).toBe(1)
  })
})
