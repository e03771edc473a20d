import { expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { run, send } from '../support/client.ts'
import { gatewayOf } from '../support/gateway.ts'
import { refusingUrl } from '../support/raw-upstream.ts'
import { gatewayOverReplicas, startRunReplicas } from '../support/run-replicas.ts'

test('a gateway with an unreachable store serves requests and warns once', async () => {
  const store = refusingUrl().replace('http', 'redis')
  const replicas = await startRunReplicas(['a', 'b', 'c'])
  const gateway = await gatewayOverReplicas(replicas, { store })
  const url = `${gateway.url}/agents/echo/runs`
  const isWarning = ({ msg }: Readonly<Record<string, unknown>>) =>
    String(msg).startsWith('shared store unavailable')
  expect(await gateway.log.until(isWarning)).toMatchObject({ level: 40, reason: 'ECONNREFUSED' })
  for (let count = 0; count < 10; count++) {
    const { run_id } = (await (await run(url)).json()) as { run_id: string }
    expect((await send(`${url}/${run_id}`)).status).toBe(200)
  }
  expect((await send(`${url}/r-9`)).status).toBe(404)
  expect(gateway.log.lines.filter(isWarning).length).toBe(1)
  expect(gateway.log.text).not.toContain(store)
})

test('runs are counted locally while the store is unreachable', async () => {
  const store = refusingUrl().replace('http', 'redis')
  const upstream = await startAgentOs()
  const gateway = await gatewayOf(
    { a: upstream.url },
    { store, max_parallel_runs: { component: 1 } },
  )
  const url = `${gateway.url}/agents/echo/runs`
  const first = run(url)
  const exchange = await upstream.next()
  expect((await run(url)).status).toBe(429)
  exchange.json({})
  expect((await first).status).toBe(200)
  await (await first).whole()
  const next = run(url)
  const later = await upstream.next()
  later.json({})
  expect((await next).status).toBe(200)
})
