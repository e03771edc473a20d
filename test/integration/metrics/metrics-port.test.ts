import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { rawConnection, send } from '../../support/client.ts'
import { startProcess } from '../../support/process.ts'
import { scrape } from '../../support/scrape.ts'

async function start() {
  const upstream = await startAgentOs()
  const gateway = await startProcess({
    metrics: { port: 0 },
    upstreams: [{ name: 'a', url: upstream.url }],
    auth: { mode: 'security_key', security_key: 'key' },
  })
  const { url } = await gateway.until(({ msg }) => msg === 'metrics')
  return { gateway, url: new URL(String(url)) }
}

test('the metrics port serves metrics without a key and nothing else', async () => {
  const { gateway, url } = await start()
  const value = await scrape({ url: url.origin }, url.pathname)
  expect(value('build_info')).toBe(1)
  expect(value.text).toContain('process_resident_memory_bytes')
  expect((await send(`${gateway.url}/gateway/metrics`)).status).toBe(401)
  expect((await send(`${url.origin}/agents`)).status).toBe(404)
  expect((await send(`${url.origin}/metrics`, { method: 'POST' })).status).toBe(405)
})

test('the metrics port closes with the process', async () => {
  const { gateway, url } = await start()
  gateway.child.kill('SIGTERM')
  expect(await gateway.exited).toBe(0)
  await expect(rawConnection(Number(url.port))).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})
