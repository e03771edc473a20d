import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { run, send } from '../support/client.ts'
import { answerJson } from '../support/fake-upstream.ts'
import { configOf, startGateway } from '../support/gateway.ts'
import { startProcess } from '../support/process.ts'
import { scrape } from '../support/scrape.ts'
import { connectedSocket } from '../support/socket-client.ts'
import { startSocketUpstream } from '../support/socket-upstream.ts'
import { bearer, JWT_AUTH, tokenFor } from '../support/tokens.ts'
import { tracedGateway } from './tracing/support.ts'

const RUNS = '/agents/echo/runs'
const ON = {
  auth: JWT_AUTH,
  log: { caller: true },
  metrics: { caller_labels: 2 },
  tracing: { caller: true },
}
const tokens = (sub: string) => bearer(tokenFor({ sub }))

/** An upstream whose runs use 10 and 4 tokens. */
function startRuns() {
  return startAgentOs({ agents: ['echo'] }, (_request, response, message) => {
    message.resume()
    const metrics = { input_tokens: 10, output_tokens: 4 }
    answerJson(response, { run_id: 'r', status: 'COMPLETED', metrics })
  })
}

async function open(document: object = ON) {
  const { url } = await startRuns()
  return startGateway({ ...document, upstreams: [{ name: 'a', url }] }, { ready: ['a'] })
}

describe('the access log', () => {
  test('`log.caller` writes the verified subject into the access line', async () => {
    const gateway = await open()
    await (await run(gateway.url + RUNS, 'message=hi', tokens('ada'))).whole()
    expect(await gateway.log.access(RUNS)).toMatchObject({ caller: 'ada', status: 200 })
    expect(JSON.stringify(gateway.log.lines)).not.toContain(tokens('ada').authorization.slice(7))
  })

  test('an access line has no caller without a verified token', async () => {
    const gateway = await open()
    await send(gateway.url + RUNS, { headers: bearer(tokenFor({ sub: 'eve' }, 'x'.repeat(32))) })
    await send(`${gateway.url}/health`, { headers: tokens('ada') })
    await send(`${gateway.url}/agents/%zz`, { headers: tokens('ada') })
    for (const path of [RUNS, '/health', '/agents/%zz']) {
      expect(await gateway.log.access(path)).not.toHaveProperty('caller')
    }
  })

  test('an access line has no caller by default', async () => {
    const gateway = await open({ auth: JWT_AUTH })
    await (await run(gateway.url + RUNS, 'message=hi', tokens('ada'))).whole()
    expect(await gateway.log.access(RUNS)).not.toHaveProperty('caller')
    const { text } = await scrape(gateway).catch(() => ({ text: '' }))
    expect(text).not.toContain('ada')
  })

  test('a WebSocket is logged and counted with the subject of its accepted token', async () => {
    const upstream = await startSocketUpstream({ workflows: ['flow'] })
    const document = { ...ON, upstreams: [{ name: 'a', url: upstream.url }] }
    const { gateway, collector } = await tracedGateway(document, ['a'])
    const client = await connectedSocket(gateway.url)
    await client.ask({ action: 'authenticate', token: tokenFor({ sub: 'ada' }) })
    await client.next()
    client.say({ action: 'start-workflow', workflow_id: 'flow' })
    const end = await upstream.next()
    await end.next()
    end.say({ event: 'authenticated' })
    await end.start('w-1')
    await client.nextEvent()
    client.socket.close()
    expect(await gateway.log.access('/workflows/ws')).toMatchObject({ caller: 'ada', runs: 1 })
    const [server] = await collector.until(({ kind }) => kind === 'server')
    expect(server?.attributes).toMatchObject({ 'enduser.id': 'ada' })
    const value = await callerMetrics(gateway.url)
    expect(value('runs_total', { caller: 'ada', component: '' })).toBe(1)
  })
})

/** Metrics as an administrator sees them. */
async function callerMetrics(url: string) {
  return scrape({ url }, '/gateway/metrics', bearer(tokenFor({ scopes: ['agent_os:admin'] })))
}

describe('metrics', () => {
  test('runs and tokens are counted by caller, and as `other` beyond the bound', async () => {
    const gateway = await open()
    for (const sub of ['ada', 'bob', 'eve', 'ada', 'joe']) {
      await (await run(gateway.url + RUNS, 'message=hi', tokens(sub))).whole()
    }
    const isRequest = ({ msg }: { readonly msg?: unknown }) => msg === 'request'
    await gateway.log.until(() => gateway.log.lines.filter(isRequest).length >= 5)
    const value = await callerMetrics(gateway.url)
    const runs = (caller: string) =>
      value('runs_total', { caller, upstream: 'a', component: 'agents/echo' })
    expect(['ada', 'bob', 'other', 'eve', 'joe'].map(runs)).toEqual([2, 1, 2, 0, 0])
    expect(value('tokens_total', { caller: 'ada', direction: 'input' })).toBe(20)
    expect(value('tokens_total', { caller: 'other', direction: 'output' })).toBe(8)
    expect(value.text).not.toContain('caller="eve"')
  })

  test('a reload turns the label caller on', async () => {
    const { url } = await startRuns()
    const upstreams = [{ name: 'a', url }]
    let document: object = { auth: JWT_AUTH, upstreams }
    const gateway = await startGateway(document, { ready: ['a'], load: () => configOf(document) })
    await (await run(gateway.url + RUNS, 'message=hi', tokens('ada'))).whole()
    document = { ...ON, upstreams }
    const headers = bearer(tokenFor({ scopes: ['agent_os:admin'] }))
    await send(`${gateway.url}/gateway/reload`, { method: 'POST', headers })
    await (await run(gateway.url + RUNS, 'message=hi', tokens('ada'))).whole()
    await gateway.log.until(({ path, caller }) => path === RUNS && caller === 'ada')
    const value = await callerMetrics(gateway.url)
    expect(value('runs_total')).toBe(2)
    expect(value('runs_total', { caller: 'ada' })).toBe(1)
  })

  test('two workers add up the runs of a caller', async () => {
    const { url } = await startRuns()
    const gateway = await startProcess({ ...ON, workers: 2, upstreams: [{ name: 'a', url }] })
    for (let i = 0; i < 10; i++) {
      await (await run(gateway.url + RUNS, 'message=hi', tokens('ada'))).whole()
    }
    let value = await callerMetrics(gateway.url)
    while (value('runs_total') < 10) value = await callerMetrics(gateway.url)
    expect(value('runs_total', { caller: 'ada' })).toBe(10)
    expect(value('tokens_total', { caller: 'ada', direction: 'input' })).toBe(100)
  })
})

describe('traces', () => {
  test.each([
    [true, 'ada'],
    [false, undefined],
  ])('`tracing.caller: %s` gives the server span the `enduser.id` %s', async (caller, expected) => {
    const { url } = await startRuns()
    const document = { auth: JWT_AUTH, tracing: { caller }, upstreams: [{ name: 'a', url }] }
    const { gateway, collector } = await tracedGateway(document, ['a'])
    await (await run(gateway.url + RUNS, 'message=hi', tokens('ada'))).whole()
    const [server] = await collector.until(({ kind }) => kind === 'server')
    expect(server?.attributes['enduser.id']).toBe(expected)
    expect(collector.text).not.toContain(tokens('ada').authorization.slice(7))
  })
})
