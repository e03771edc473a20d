import { expect, test } from 'vitest'
import { startGateway } from '../support/gateway.ts'

const UPSTREAM = { name: 'a', url: 'http://127.0.0.1:1' }

test.each([
  ['an invalid percent escape', '/agents/%E0%A4%A/runs'],
  ['an id over the length limit', `/agents/${'a'.repeat(2_000)}`],
])("a path with %s is answered in AgentOS's error format", async (_what, target) => {
  const { url } = await startGateway({ upstreams: [UPSTREAM] })
  const answer = await fetch(url + target)
  expect(await answer.json()).toEqual({ detail: expect.any(String) })
  expect(answer.headers.get('x-agentos-gateway-error')).toMatch(/^AGW_/)
})
