/** Tests budgets of gateways that share a store. */
import { expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { run, send } from '../support/client.ts'
import { answerJson } from '../support/fake-upstream.ts'
import { gatewayOf } from '../support/gateway.ts'
import { startValkey } from '../support/valkey.ts'

const BUDGET = { name: 'all', by: 'all', tokens: 100, cost: 10, window: 'month' }

async function twoGateways(budget: object = BUDGET, agents = ['echo']) {
  const store = await startValkey()
  const spent = { tokens: 40, status: 'COMPLETED' }
  const upstream = await startAgentOs({ agents }, (_request, response, message) => {
    message.resume()
    const metrics = { input_tokens: spent.tokens, cost: 0.5 }
    answerJson(response, { run_id: 'r-1', status: spent.status, metrics })
  })
  const start = async () => {
    const gateway = await gatewayOf({ a: upstream.url }, { budgets: [budget], store: store.url })
    await gateway.log.until(({ msg }) => msg === 'shared store available')
    return gateway
  }
  const gateways = [await start(), await start()]
  const spend = async (which: number, agent = 'echo') => {
    const answer = await run(`${gateways[which]?.url}/agents/${agent}/runs`)
    await answer.whole()
    return answer.status
  }
  const used = async (url: string | undefined) => {
    const answer = await send(`${url}/gateway/budgets`)
    const { data } = (await answer.json()) as { data: { used: object }[] }
    return data[0]?.used
  }
  return { store, gateways, spent, spend, used, start }
}

test('gateways share the count of a budget, also with one that starts later', async () => {
  const { gateways, spend, used, start } = await twoGateways()
  expect([await spend(0), await spend(1), await spend(0), await spend(1)]).toEqual([
    200, 200, 200, 429,
  ])
  expect(await used(gateways[1]?.url)).toEqual({ tokens: 120, cost: 1.5 })
  const late = await start()
  expect((await run(`${late.url}/agents/echo/runs`)).status).toBe(429)
})

test('the list is sorted by the counts of all gateways', async () => {
  const byComponent = { ...BUDGET, by: 'component' }
  const { gateways, spent, spend } = await twoGateways({ ...byComponent }, ['echo', 'poet'])
  spent.tokens = 30
  await spend(0, 'poet')
  spent.tokens = 10
  await spend(0)
  spent.tokens = 90
  await spend(1)
  const answer = await send(`${gateways[0]?.url}/gateway/budgets`)
  const { data } = (await answer.json()) as { data: { subject: string; is_over: boolean }[] }
  expect(data.map(({ subject, is_over }) => [subject, is_over])).toEqual([
    ['agents/echo', true],
    ['agents/poet', false],
  ])
})

test('each gateway counts what it has charged while the store is down', async () => {
  const { store, gateways, spend } = await twoGateways()
  await spend(0)
  await store.kill()
  const isGone = ({ msg }: { msg?: unknown }) => String(msg).startsWith('shared store unavailable')
  await Promise.all(gateways.map(({ log }) => log.until(isGone)))
  const found = [await spend(0), await spend(0), await spend(0), await spend(1), await spend(1)]
  expect(found).toEqual([200, 200, 429, 200, 200])
})

test('a run that one gateway starts and another continues is charged once', async () => {
  const { gateways, spent, spend, used } = await twoGateways()
  spent.status = 'PAUSED'
  await spend(0)
  spent.status = 'COMPLETED'
  spent.tokens = 60
  const answer = await run(`${gateways[1]?.url}/agents/echo/runs/r-1/continue`, 'tools=[]')
  await answer.whole()
  expect(await used(gateways[1]?.url)).toMatchObject({ tokens: 60 })
})
