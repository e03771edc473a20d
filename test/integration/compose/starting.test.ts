/** Requests for composed components while their composer starts, at first and after a crash. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
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

/** A composer of the workflow `w`, which ends and starts again at the will of the test. */
async function startComposer(socketPath: string) {
  const card = { id: 'w', name: 'w' }
  const server = createServer((request, response) => {
    const answers: Record<string, unknown> = { '/workflows': [card], '/agents': [], '/teams': [] }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answers[request.url ?? ''] ?? { workflows: [card] }))
  })
  const listen = async () => void (await once(server.listen(socketPath), 'listening'))
  const end = async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  await listen()
  onTestFinished(() => void (server.listening && end()))
  return { listen, end }
}

async function withEndedComposer() {
  const socketPath = join(temporaryDirectory(), 'composer.sock')
  const composer = await startComposer(socketPath)
  const gateway = await startGateway(await composing(), {
    ready: ['one', 'composer'],
    adapt: (config) => withComposer(config, { socketPath, key: undefined }),
  })
  await composer.end()
  return { gateway, composer }
}

test('a request waits for a composer that starts again after a crash', async () => {
  const { gateway, composer } = await withEndedComposer()
  const response = fetch(`${gateway.url}/workflows/w/runs`, POST)
  await gateway.upstreamIs('composer', 'failing')
  await composer.listen()
  expect((await response).status).toBe(200)
})

test('a composed component whose composer stays away after a crash answers 503', async () => {
  const { gateway } = await withEndedComposer()
  const [run, session] = await Promise.all([
    fetch(`${gateway.url}/workflows/w/runs`, POST),
    fetch(`${gateway.url}/workflows/w/runs/r?session_id=s`),
  ])
  for (const { status, headers } of [run, session]) {
    expect([status, headers.get('retry-after')]).toEqual([503, '1'])
    expect(headers.get('x-agentos-gateway-error')).toBe('AGW_NO_REPLICA')
  }
})

test('a caller that leaves while its request waits is not served later', async () => {
  const { gateway, composer } = await withEndedComposer()
  const leaving = new AbortController()
  const response = fetch(`${gateway.url}/workflows/w/runs`, { ...POST, signal: leaving.signal })
  await gateway.upstreamIs('composer', 'failing')
  leaving.abort()
  await expect(response).rejects.toThrow('aborted')
  await composer.listen()
  const line = await gateway.log.access('/workflows/w/runs')
  expect(line).toMatchObject({ error: 'AGW_CLIENT_CLOSED' })
})
