/** Tests that the runs of composed teams and workflows are charged once. */
import { expect, test } from 'vitest'
import { send } from '../../support/client.ts'
import type { ComposingGateway } from '../../support/composer.ts'
import { startComposing } from '../../support/composer.ts'
import { startScripted } from '../../unit/compose/scripted.ts'

const WORKFLOWS = [
  {
    id: 'article',
    steps: [
      { name: 'facts', agent: 'echo' },
      { name: 'again', agent: 'echo-a' },
    ],
  },
]

async function start(budgets: readonly object[]): Promise<ComposingGateway> {
  const scripted = await startScripted()
  return startComposing({
    upstreams: [{ name: 'one', url: scripted.upstream.url }],
    ...{ workflows: WORKFLOWS, budgets },
  })
}

async function used({ url }: ComposingGateway) {
  const answer = await send(`${url}/gateway/budgets`)
  const { data } = (await answer.json()) as {
    data: { budget: string; subject: string | null; used: { tokens: number } }[]
  }
  return data
    .map(({ budget, subject, used: { tokens } }) => `${budget} ${subject} ${tokens}`)
    .toSorted()
}

async function runArticle({ url }: ComposingGateway, stream: string): Promise<Response> {
  const body = new URLSearchParams({ message: 'hello', stream })
  return fetch(`${url}/workflows/article/runs`, { method: 'POST', body })
}

test.each(['true', 'false'])(
  'members of a composed workflow are charged once (stream=%s)',
  async (stream) => {
    const month = { tokens: 1_000, window: 'month' }
    const gateway = await start([
      { name: 'all', by: 'all', ...month },
      { name: 'component', by: 'component', ...month },
      { name: 'upstream', by: 'upstream', ...month },
    ])
    const answer = await runArticle(gateway, stream)
    expect(await answer.text()).toContain('echo-a(echo(hello))')
    // 13 tokens of each member.
    expect(await used(gateway)).toEqual([
      'all null 26',
      'component agents/echo 13',
      'component agents/echo-a 13',
      'upstream one 26',
    ])
  },
)

test('a composed run that has started completes, and the next one is refused', async () => {
  const gateway = await start([{ name: 'all', by: 'all', tokens: 10, window: 'month' }])
  const first = await runArticle(gateway, 'false')
  expect(await first.json()).toMatchObject({ status: 'COMPLETED' })
  const second = await runArticle(gateway, 'false')
  expect([second.status, second.headers.get('x-agentos-gateway-error')]).toEqual([
    429,
    'AGW_BUDGET_EXCEEDED',
  ])
})

test('a member over the budget of its component is refused', async () => {
  const gateway = await start([
    { name: 'one', by: 'component', tokens: 10, window: 'month', components: ['agent/echo'] },
  ])
  await (await runArticle(gateway, 'false')).text()
  const second = await runArticle(gateway, 'false')
  expect(await second.text()).toContain("The budget 'one' is exceeded")
})
