import type { ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { run, send } from '../../support/client.ts'
import { eventText } from '../../support/fake-upstream.ts'
import { startProcess } from '../../support/process.ts'

interface Live {
  readonly open: number
  readonly processes: number
  readonly runs: readonly { id: string; pid: number; run_id: string; detached: boolean }[]
}

const RUNS = 6

/** Two workers with several runs in progress on each. */
async function withOpenRuns() {
  const upstream = await startAgentOs()
  const upstreams = [{ name: 'a', url: upstream.url }]
  const { url } = await startProcess({ workers: 2, upstreams })
  const sent = Array.from({ length: RUNS }, () => run(`${url}/agents/echo/runs`))
  const streams: ServerResponse[] = []
  for (let i = 0; i < RUNS; i++) {
    const stream = (await upstream.next()).events()
    stream.write(eventText({ event: 'RunStarted', run_id: `run-${i}`, session_id: 's' }))
    streams.push(stream)
  }
  const answers = await Promise.all(sent)
  await Promise.all(answers.map((answer) => answer.event()))
  const live = async () => (await (await send(`${url}/gateway/live`)).json()) as Live
  const end = () => {
    for (const stream of streams) stream.end()
  }
  return { url, upstream, answers, live, end }
}

describe('two workers', { timeout: 120_000 }, () => {
  test('each worker lists the runs of both', async () => {
    const { live, end } = await withOpenRuns()
    for (let i = 0; i < 4; i++) {
      const { open, processes, runs } = await live()
      expect([open, processes]).toEqual([RUNS, 2])
      expect(new Set(runs.map(({ pid }) => pid)).size).toBe(2)
      expect(runs.map(({ run_id: id }) => id).toSorted()).toEqual(
        Array.from({ length: RUNS }, (_, index) => `run-${index}`),
      )
    }
    end()
  })

  test('each worker detaches the runs of both', async () => {
    const { url, live, end } = await withOpenRuns()
    for (const { id } of (await live()).runs) {
      const path = `${url}/gateway/live/${id}/detach`
      expect((await send(path, { method: 'POST' })).status).toBe(204)
    }
    await expect
      .poll(async () => (await live()).runs.map(({ detached }) => detached))
      .toEqual(Array.from({ length: RUNS }, () => true))
    const unknown = await send(`${url}/gateway/live/nope/detach`, { method: 'POST' })
    expect(unknown.status).toBe(404)
    end()
    await expect.poll(async () => (await live()).open).toBe(0)
  })

  test('each worker cancels the runs of both', async () => {
    const { url, upstream, live, end } = await withOpenRuns()
    for (const { run_id: id } of (await live()).runs) {
      const path = `/agents/echo/runs/${id}/cancel`
      const answer = send(`${url}${path}?session_id=s`, { method: 'POST' })
      const exchange = await upstream.next()
      expect(exchange.request.url).toBe(`${path}?session_id=s`)
      exchange.json({})
      expect((await answer).status).toBe(200)
    }
    end()
  })

  test('each worker reports the history of both', async () => {
    const { url, end } = await withOpenRuns()
    end()
    const runs = async () => {
      const view = await (await send(`${url}/gateway/history?step=5s`)).json()
      const { processes, totals } = view as { processes: number; totals: { runs: number } }
      return [processes, totals.runs]
    }
    await expect.poll(runs, { timeout: 60_000 }).toEqual([2, RUNS])
    for (let i = 0; i < 4; i++) expect(await runs()).toEqual([2, RUNS])
  })
})
