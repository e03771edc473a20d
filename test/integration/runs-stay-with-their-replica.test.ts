import { describe, expect, test } from 'vitest'
import { run, send } from '../support/client.ts'
import { gatewayOverReplicas, startRunReplicas } from '../support/run-replicas.ts'

async function threeReplicas() {
  const replicas = await startRunReplicas(['a', 'b', 'c'])
  const gateway = await gatewayOverReplicas(replicas)
  const url = `${gateway.url}/agents/echo/runs`
  const start = async () => ((await (await run(url)).json()) as { run_id: string }).run_id
  const asked = () => replicas.map((replica) => replica.asked().length)
  return { replicas, url, start, asked }
}

describe('runs started through the gateway', () => {
  test('every request about a run goes to the replica that holds it', async () => {
    const { replicas, url, start } = await threeReplicas()
    const ids = [
      await start(),
      await start(),
      await start(),
      await start(),
      await start(),
      await start(),
    ]
    for (const id of ids) {
      expect((await send(`${url}/${id}?session_id=s`)).status).toBe(200)
      expect((await send(`${url}/${id}/checkpoints?session_id=s`)).status).toBe(200)
      expect((await run(`${url}/${id}/continue`)).status).toBe(200)
      expect(await (await run(`${url}/${id}/resume`)).whole()).toContain('catch_up')
      expect((await run(`${url}/${id}/cancel`)).status).toBe(200)
    }
    for (const { name, asked, runs } of replicas) {
      expect(runs.size).toBe(2)
      expect(asked().length).toBe(2 + 2 * 5)
      const others = asked().filter((line) => !/runs(\/|$)/.test(line) || line.includes('/runs/'))
      expect(others.every((line) => line.includes(`/runs/${name}-`))).toBe(true)
    }
  })

  test('repeated requests about a run go to the same replica', async () => {
    const { url, start, asked } = await threeReplicas()
    const id = await start()
    const before = asked()
    for (let count = 0; count < 10; count++) await send(`${url}/${id}`)
    const after = asked()
    expect(after.map((count, index) => count - (before[index] ?? 0)).sort((a, b) => a - b)).toEqual(
      [0, 0, 10],
    )
  })
})

describe('unknown runs', () => {
  test('cancelling an unknown run asks every replica once', async () => {
    const { replicas, url } = await threeReplicas()
    const answer = await run(`${url}/r-9/cancel`)
    expect([answer.status, await answer.json()]).toEqual([200, {}])
    await expect
      .poll(() => replicas.map(({ asked }) => asked()))
      .toEqual(Array(3).fill(['POST /agents/echo/runs/r-9/cancel']))
  })

  test('an unknown run is looked for at one replica after the other', async () => {
    const { replicas, url, asked } = await threeReplicas()
    for (const { runs, name } of replicas) {
      runs.add('r-9')
      expect(await (await send(`${url}/r-9`)).json()).toEqual({ run_id: 'r-9', at: name })
      runs.delete('r-9')
    }
    expect(asked().every((count) => count <= 3)).toBe(true)
  })

  test('an unknown run answers 404 after every replica was asked', async () => {
    const { url, asked } = await threeReplicas()
    expect((await send(`${url}/r-9`)).status).toBe(404)
    expect(asked()).toEqual([1, 1, 1])
  })

  test('an unknown run is resumed at the replica that holds it', async () => {
    const { replicas, url } = await threeReplicas()
    for (const { runs } of replicas) {
      runs.add('r-9')
      expect(await (await run(`${url}/r-9/resume`)).event()).toContain('event: catch_up')
      runs.delete('r-9')
    }
    expect(await (await run(`${url}/r-9/resume`)).event()).toContain('event: error')
  })

  test('an unknown run is found while another replica is down', async () => {
    const { replicas, url } = await threeReplicas()
    replicas[1]?.runs.add('r-9')
    await replicas[0]?.close()
    for (let count = 0; count < 3; count++) expect((await send(`${url}/r-9`)).status).toBe(200)
    expect((await run(`${url}/r-9/cancel`)).status).toBe(200)
  })
})
