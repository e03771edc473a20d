/** A composer that is started by itself, as an upstream of its gateway. */
import { expect, test } from 'vitest'
import { certificateFor } from '../../support/certificates.ts'
import { freePort } from '../../support/free-port.ts'
import { postSecurely } from '../../support/mutual-tls.ts'
import { startProcess } from '../../support/process.ts'
import { scrape } from '../../support/scrape.ts'
import { startScripted } from '../../unit/compose/scripted.ts'

const FORM = new URLSearchParams({ message: 'x', stream: 'false' })
const WORKFLOW = {
  id: 'w',
  steps: [
    { name: 'a', agent: 'one/echo' },
    { name: 'b', agent: 'echo-b' },
  ],
}

/** Starts a composer, and the gateway that lists it. @param tls of both, by the kind of process */
async function start(tls: { readonly gateway?: object; readonly composer?: object } = {}) {
  const { upstream } = await startScripted()
  const one = { name: 'one', url: upstream.url }
  const port = await freePort()
  const gateway = await startProcess({
    listen: { tls: tls.gateway },
    upstreams: [one, { name: 'compositions', url: `http://127.0.0.1:${port}` }],
  })
  const composer = await startProcess(
    {
      upstreams: [one],
      workflows: [WORKFLOW],
      metrics: { port: 0 },
      composer: { database: 'sqlite::memory:', gateway_url: gateway.url, tls: tls.composer },
    },
    { command: 'compose', port },
  )
  await gateway.until(({ upstream: name, state }) => name === 'compositions' && state === 'ready')
  return { gateway, composer }
}

test('a composer by itself has a client certificate for the gateway', async () => {
  const own = certificateFor('gateway')
  const client = certificateFor('composer')
  const { gateway } = await start({
    gateway: { cert_file: own.certFile, key_file: own.keyFile, client_ca_file: client.certFile },
    composer: { ca_file: own.certFile, cert_file: client.certFile, key_file: client.keyFile },
  })
  const output = await postSecurely(`${gateway.url}/workflows/w/runs`, FORM, { own, client })
  expect(output).toMatchObject({ status: 'COMPLETED', content: 'echo-b(echo(x))' })
})

test('a composer by itself serves the metrics of its member runs', async () => {
  const { gateway, composer } = await start()
  const url = `${gateway.url}/workflows/w/runs`
  const output: unknown = await (await fetch(url, { method: 'POST', body: FORM })).json()
  expect(output).toMatchObject({ status: 'COMPLETED' })
  const { url: metrics } = await composer.until(({ msg }) => msg === 'metrics')
  const value = await scrape({ url: String(metrics).replace(/\/metrics$/, '') }, '/metrics')
  const composed = 'workflows/w'
  const named = { composed, upstream: 'one', component: 'agents/echo' }
  expect(value('composed_member_runs_total', named)).toBe(1)
  expect(value('composed_member_tokens_total', { ...named, direction: 'input' })).toBe(10)
  expect(value('composed_member_runs_total', { composed, component: 'agents/echo-b' })).toBe(1)
  expect(value.text).toContain('process_resident_memory_bytes')
  expect(value.text).not.toContain('agentos_gateway_requests_total')
})
