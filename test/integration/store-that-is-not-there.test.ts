import { expect, test } from 'vitest'
import { run, send } from '../support/client.ts'
import { refusingUrl } from '../support/raw-upstream.ts'
import { gatewayOverReplicas, startRunReplicas } from '../support/run-replicas.ts'

test('a gateway whose store was never there serves every request and warns once', async () => {
  const store = refusingUrl().replace('http', 'redis')
  const replicas = await startRunReplicas(['a', 'b', 'c'])
  const gateway = await gatewayOverReplicas(replicas, { store })
  const url = `${gateway.url}/agents/echo/runs`
  const isWarning = ({ msg }: Readonly<Record<string, unknown>>) =>
    String(msg).startsWith('the shared store is gone')
  expect(await gateway.log.until(isWarning)).toMatchObject({ level: 40, reason: 'ECONNREFUSED' })
  for (let count = 0; count < 10; count++) {
    const { run_id } = (await (await run(url)).json()) as { run_id: string }
    expect((await send(`${url}/${run_id}`)).status).toBe(200)
  }
  expect((await send(`${url}/r-9`)).status).toBe(404)
  expect(gateway.log.lines.filter(isWarning).length).toBe(1)
  expect(gateway.log.text).not.toContain(store)
})
