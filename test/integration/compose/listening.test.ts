/** Calls of members: over their own socket however the gateway listens, and under the limits of the caller of the run. */
import { expect, test } from 'vitest'
import { certificateFor } from '../../support/certificates.ts'
import { startComposing } from '../../support/composer.ts'
import { isReady } from '../../support/composing-process.ts'
import { postSecurely } from '../../support/mutual-tls.ts'
import { startProcess } from '../../support/process.ts'
import { startScripted } from '../../unit/compose/scripted.ts'

const WORKFLOWS = [{ id: 'w', steps: [{ name: 'a', agent: 'p-echo' }] }]
const FORM = new URLSearchParams({ message: 'x', stream: 'false' })

test('a gateway that requires client certificates runs composed workflows', async () => {
  const { upstream } = await startScripted()
  const own = certificateFor('gateway')
  const client = certificateFor('client')
  const tls = {
    cert_file: own.certFile,
    key_file: own.keyFile,
    client_ca_file: client.certFile,
  }
  const gateway = await startProcess({
    listen: { tls },
    upstreams: [{ name: 'one', url: upstream.url, prefix: 'p-' }],
    workflows: WORKFLOWS,
    composer: { database: 'sqlite::memory:' },
  })
  await gateway.until(isReady)
  const output = await postSecurely(`${gateway.url}/workflows/w/runs`, FORM, { own, client })
  expect(output).toMatchObject({ status: 'COMPLETED', content: 'echo(x)' })
})

test('members of a composed run count for the address of its caller', async () => {
  const { upstream } = await startScripted()
  const steps = ['a', 'b'].map((name) => ({ name, agent: 'echo' }))
  const document = {
    upstreams: [{ name: 'one', url: upstream.url }],
    workflows: [{ id: 'w', steps }],
    rate_limit: [{ by: 'address', max: 5, window: '1h' }],
    listen: { trusted_proxies: ['127.0.0.1'] },
  }
  const gateway = await startComposing(document)
  const run = async (address: string) => {
    const headers = { 'x-forwarded-for': address }
    const url = `${gateway.url}/workflows/w/runs`
    return (await fetch(url, { method: 'POST', body: FORM, headers })).json()
  }
  expect(await run('198.51.100.1')).toMatchObject({ status: 'COMPLETED' })
  // The run, its two members, and their stored outputs.
  expect(await run('198.51.100.1')).toEqual({ detail: 'Rate limit exceeded' })
  expect(await run('198.51.100.2')).toMatchObject({ status: 'COMPLETED' })
  const [received] = upstream.requests.filter(({ url }) => url.endsWith('/runs'))
  expect(received?.headers['x-forwarded-for']).toContain('198.51.100.1')
})

test.each([
  [1, 'ERROR', 'Too many concurrent runs'],
  [2, 'COMPLETED', 'echo(x)'],
])('a member takes a slot of its caller beside the composed run: %i', async (identity, ...seen) => {
  const { upstream } = await startScripted()
  const document = {
    upstreams: [{ name: 'one', url: upstream.url }],
    workflows: [{ id: 'w', steps: [{ name: 'a', agent: 'echo' }] }],
    max_parallel_runs: { identity },
  }
  const gateway = await startComposing(document)
  const answer = await fetch(`${gateway.url}/workflows/w/runs`, { method: 'POST', body: FORM })
  const { status, content } = (await answer.json()) as Record<string, unknown>
  expect([status, content]).toEqual(seen)
})
