import { expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { send } from '../support/client.ts'
import { LEGACY, mcpOf, rpc } from '../support/mcp.ts'
import { startValkey } from '../support/valkey.ts'

test('An MCP session that ends at one gateway has ended at another', async () => {
  const store = await startValkey()
  const upstream = await startAgentOs()
  const document = { id: 'gw', store: store.url }
  const [first, second] = [await mcpOf(upstream.url, document), await mcpOf(upstream.url, document)]
  await Promise.all(
    [first, second].map(({ log }) => log.until(({ msg }) => msg === 'shared store available')),
  )
  const headers = { 'mcp-session-id': 'one' }
  const list = (gateway: typeof first) =>
    rpc(gateway, 'tools/list', {}, { revision: LEGACY, headers })
  expect((await list(second)).status).toBe(200)
  expect((await send(`${first.url}/mcp`, { method: 'DELETE', headers })).status).toBe(204)
  // The store is written in the background.
  await expect.poll(async () => (await list(second)).status).toBe(404)
  await store.kill()
  expect((await list(first)).status).toBe(404)
  expect((await list(second)).status).toBe(404)
})
