/** Requests for composed components while their composer starts. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withComposer } from '../../../cli/composer-upstream.ts'
import { temporaryDirectory } from '../../support/certificates.ts'
import { startGateway } from '../../support/gateway.ts'
import { startProcess } from '../../support/process.ts'
import { startScripted } from '../../unit/compose/scripted.ts'

const BODY = new URLSearchParams({ message: 'x', stream: 'false' })
const POST = { method: 'POST', body: BODY }

async function composing() {
  const { upstream } = await startScripted()
  return {
    upstreams: [{ name: 'one', url: upstream.url }],
    workflows: [{ id: 'w', steps: [{ name: 'a', agent: 'echo' }] }],
    composer: { database: 'sqlite::memory:' },
  }
}

test('a request waits for a composer that starts, and no warning is logged', async () => {
  const gateway = await startProcess(await composing())
  let response: Response
  do {
    response = await fetch(`${gateway.url}/workflows/w/runs`, POST)
    // The composer of a busy machine may need longer than a request waits.
    if (response.status === 503) expect(response.headers.get('retry-after')).toBe('1')
  } while (response.status === 503)
  expect(await response.json()).toMatchObject({ status: 'COMPLETED', content: 'echo(x)' })
  const ofComposer = gateway.lines(({ upstream }) => upstream === 'composer')
  expect(ofComposer.filter(({ level }) => Number(level) >= 40)).toEqual([])
})

test('a composed component whose composer does not start answers 503', async () => {
  const socketPath = join(temporaryDirectory(), 'composer.sock')
  const { url } = await startGateway(await composing(), {
    ready: ['one'],
    adapt: (config) => withComposer(config, { socketPath, key: undefined }),
  })
  const [composed, unknown] = await Promise.all([
    fetch(`${url}/workflows/w/runs`, POST),
    fetch(`${url}/workflows/unknown/runs`, POST),
  ])
  expect([composed.status, composed.headers.get('retry-after')]).toEqual([503, '1'])
  expect(composed.headers.get('x-agentos-gateway-error')).toBe('AGW_NO_REPLICA')
  expect(unknown.status).toBe(404)
})
