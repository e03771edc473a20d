import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { command } from '../support/cli.ts'
import type { Answer } from '../support/client.ts'
import { run, send } from '../support/client.ts'
import { startLoad } from './load.ts'
import type { Service } from './stack.ts'
import { Stack } from './stack.ts'

const GATEWAYS = ['gateway-1', 'gateway-2'] as const
let stack: Stack

beforeAll(async () => {
  stack = await Stack.up()
}, 300_000)
afterAll(() => stack?.down(), 60_000)

/** Starts a background run at one gateway. */
async function background(service: Service, message: string, stream: boolean) {
  const fields = new URLSearchParams({ message, stream: `${stream}`, background: 'true' })
  return run(`${await stack.addressOf(service)}/agents/slow/runs`, fields.toString())
}

const indexesIn = (text: string) =>
  [...text.matchAll(/"event_index": ?(\d+)/g)].map(([, index]) => Number(index))
const runIdIn = (text: string) => /"run_id": ?"([^"]+)"/.exec(text)?.[1] as string

test('the balancer uses both gateways and does not buffer streams', async () => {
  await stack.balancerSees(2)
  const { code, stdout } = await command(['doctor', stack.url, '--agent', 'slow'])
  expect(code, stdout).toBe(0)
})

test('a WebSocket works through the balancer', async () => {
  const socket = new WebSocket(`${stack.url.replace('http', 'ws')}/workflows/ws`)
  onTestFinished(() => socket.close())
  const answered = Promise.withResolvers<string>()
  socket.addEventListener('error', () => answered.reject(new Error('no socket')))
  socket.addEventListener('message', ({ data }) => {
    if (String(data).includes('pong')) answered.resolve(String(data))
  })
  socket.addEventListener('open', () => socket.send(JSON.stringify({ action: 'ping' })))
  expect(JSON.parse(await answered.promise)).toMatchObject({ event: 'pong' })
})

test.each([
  ['gateway-1', 'gateway-2'],
  ['gateway-2', 'gateway-1'],
] as const)('a run started at %s is found by %s through the store', async (first, second) => {
  const begun = await background(first, 'count to 20', false)
  expect(begun.status).toBe(202)
  const { run_id, session_id } = (await begun.json()) as Record<string, string>
  await expect
    .poll(() => stack.compose('exec', '-T', 'valkey', 'valkey-cli', 'keys', `*${run_id}*`))
    .toContain(run_id)
  const path = `/agents/slow/runs/${run_id}?session_id=${session_id}`
  const found = await send((await stack.addressOf(second)) + path)
  expect([found.status, runIdIn(await found.whole())]).toEqual([200, run_id])
})

test('a background stream of a killed gateway is resumed through the other', async () => {
  const stream = await background('gateway-1', 'count to 100 every 100 ms', true)
  await stream.until('"event_index":5')
  await stack.compose('kill', 'gateway-1')
  expect(await stream.isWhole).toBe(false)
  const whole = stream.text.slice(0, stream.text.lastIndexOf('\n\n') + 2)
  const seen = indexesIn(whole)
  const fields = new URLSearchParams({
    last_event_index: `${seen.at(-1)}`,
    session_id: /"session_id": ?"([^"]+)"/.exec(whole)?.[1] as string,
  })
  const rest = await run(
    `${stack.url}/agents/slow/runs/${runIdIn(whole)}/resume`,
    fields.toString(),
  )
  const text = await rest.whole()
  expect(await rest.isWhole).toBe(true)
  expect(text).toContain('event: RunCompleted')
  const all = [...seen, ...indexesIn(text)]
  expect(all.length).toBeGreaterThan(100)
  expect(all).toEqual(all.map((_, index) => index))
  await stack.compose('up', '-d', '--no-deps', '--wait', 'gateway-1')
  await stack.balancerSees(2)
})

test('replacing both gateways in turn fails no request and no stream', async ({ annotate }) => {
  const load = startLoad(stack.url, 12)
  const streams: Answer[] = []
  for (const gateway of GATEWAYS) {
    const stream = await background(gateway, 'count to 100 every 150 ms', true)
    streams.push(stream)
    await stream.event()
    await stack.renew(gateway)
    await stack.balancerSees(2)
  }
  const { requests, failures } = await load.stop()
  await annotate(`${requests} requests`)
  expect(failures).toEqual([])
  expect(requests).toBeGreaterThan(100)
  for (const stream of streams) {
    expect(await stream.isWhole).toBe(true)
    expect(stream.text).toContain('event: RunCompleted')
    const indexes = indexesIn(stream.text)
    expect(indexes).toEqual(indexes.map((_, index) => index))
  }
})

test('both gateways serve every run while the store is down', async () => {
  await stack.compose('stop', '-t', '1', 'valkey')
  const load = startLoad(stack.url, 6)
  const begun = await background('gateway-1', 'count to 5 every 10 ms', false)
  const { run_id, session_id } = (await begun.json()) as Record<string, string>
  const path = `/agents/slow/runs/${run_id}?session_id=${session_id}`
  expect((await send((await stack.addressOf('gateway-2')) + path)).status).toBe(200)
  expect((await load.stop()).failures).toEqual([])
})
