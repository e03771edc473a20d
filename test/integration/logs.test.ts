import { readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { temporaryDirectory } from '../support/certificates.ts'
import { rawConnection, run, send, sendRaw } from '../support/client.ts'
import { eventText } from '../support/fake-upstream.ts'
import { freePort } from '../support/free-port.ts'
import { configOf, gatewayOf, startGateway } from '../support/gateway.ts'
import { startProcess } from '../support/process.ts'

const RUNS = '/agents/echo/runs'

async function open(document: object = {}) {
  const upstream = await startAgentOs()
  return { upstream, gateway: await gatewayOf({ a: upstream.url }, document) }
}

type Gateway = Awaited<ReturnType<typeof open>>['gateway']

/** Resolves once the condition holds. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await setImmediate()
}

const holds = (file: string, text: string) => async () => {
  return (await readFile(file, 'utf8').catch(() => undefined))?.includes(text) ?? false
}

/** Returns all access log lines before that of a final `/health` request. */
async function accessLines({ url, log }: Gateway) {
  await send(`${url}/health`)
  await log.access('/health')
  return log.lines.filter(({ msg, path }) => msg === 'request' && path !== '/health')
}

describe('exactly one access log line', () => {
  test.each([
    ['a head that is too large', `GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['malformed HTTP', 'GET /a b HTTP/1.1\r\nhost: x\r\n\r\n', 400],
    ['a request without host', 'GET /nohost HTTP/1.1\r\nconnection: close\r\n\r\n', 400],
    [
      'a target with an invalid escape',
      'GET /%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      400,
    ],
  ])('%s is logged in exactly one line', async (_name, bytes, status) => {
    const { gateway } = await open()
    await sendRaw(gateway.port, bytes)
    const lines = await accessLines(gateway)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({ area: 'access', status, client: '127.0.0.1' })
    expect(lines[0]?.['error']).toMatch(/^AGW_/)
  })

  test('a connection over the limit is logged in exactly one line', async () => {
    const { gateway } = await open({ max_connections_per_address: 1 })
    const first = await rawConnection(gateway.port)
    expect(await sendRaw(gateway.port, '')).toContain('429')
    await gateway.log.until(({ error }) => error === 'AGW_TOO_MANY_CONNECTIONS')
    const lines = gateway.log.lines.filter(({ msg }) => msg === 'request')
    expect(lines).toMatchObject([{ status: 429, client: '127.0.0.1' }])
    first.socket.destroy()
  })

  test('a body that breaks is logged once with its reason', async () => {
    const { gateway } = await open()
    const head = `POST ${RUNS} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n`
    const text = await sendRaw(gateway.port, `${head}5\r\nhello\r\nnonsense\r\n`)
    expect(text).toMatch(/^HTTP\/1.1 400 /)
    const lines = await accessLines(gateway)
    expect(lines).toMatchObject([{ status: 400, error: 'AGW_BAD_REQUEST', path: RUNS }])
  })

  test('a body that breaks during the response adds no bytes to it', async () => {
    const { gateway, upstream } = await open()
    const connection = await rawConnection(gateway.port)
    const boundary = 'content-type: multipart/form-data; boundary=b'
    connection.write(
      `POST ${RUNS} HTTP/1.1\r\nhost: x\r\n${boundary}\r\ntransfer-encoding: chunked\r\n\r\n`,
    )
    const piece = 'x'.repeat(64 * 1024)
    for (let i = 0; i < 3; i++) connection.write(`10000\r\n${piece}\r\n`)
    const stream = (await upstream.next()).events()
    stream.write(eventText({ event: 'RunStarted', run_id: 'r-1' }))
    await connection.until(/RunStarted/)
    connection.write('nonsense\r\n')
    await connection.closed
    expect(connection.text).not.toContain('AGW_BAD_REQUEST')
    const lines = await accessLines(gateway)
    expect(lines).toMatchObject([{ status: 400, error: 'AGW_BAD_REQUEST', stream: true }])
  })

  test('a caller that disconnects inside its body is logged once', async () => {
    const { gateway } = await open()
    const connection = await rawConnection(gateway.port)
    connection.write(`POST ${RUNS} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nx`)
    await until(() => !gateway.app.engine.current.isIdle)
    connection.socket.destroy()
    await until(() => gateway.app.engine.current.isIdle)
    expect(await accessLines(gateway)).toMatchObject([{ status: 499, error: 'AGW_CLIENT_CLOSED' }])
  })
})

describe('log levels', () => {
  test('levels are set per area and change with a reload', async () => {
    const upstream = await startAgentOs()
    const document = { upstreams: [{ name: 'a', url: upstream.url }] }
    let log: object = { level: 'info', areas: { access: 'silent' } }
    const gateway = await startGateway(
      { ...document, log },
      { ready: ['a'], load: () => configOf({ ...document, log }) },
    )
    await send(`${gateway.url}/agents`)
    log = { level: 'error', areas: { access: 'info' } }
    await gateway.app.reload()
    await send(`${gateway.url}/health`)
    await gateway.log.access('/health')
    expect(gateway.log.lines.some(({ path }) => path === '/agents')).toBe(false)
    expect(gateway.log.lines.some(({ msg }) => msg === 'configuration in force')).toBe(false)
    expect(gateway.app.logs.upstream.level).toBe('error')
  })

  test('failed requests of gateway or upstream are logged as warnings', async () => {
    const { upstream, gateway } = await open({ log: { areas: { access: 'warn' } } })
    await send(`${gateway.url}/agents/nobody`)
    const answering = run(gateway.url + RUNS)
    ;(await upstream.next()).message.socket.destroy()
    await (await answering).whole()
    const line = await gateway.log.access(RUNS)
    expect(line).toMatchObject({ level: 40, status: 502, error: 'AGW_UPSTREAM_RESET' })
    expect(gateway.log.lines.some(({ path }) => path === '/agents/nobody')).toBe(false)
  })
})

test('ejection and return of a replica are logged', async () => {
  const upstream = await startAgentOs({ agents: ['echo'] }, ({ body }, response, message) => {
    if (upstream.requests.filter(({ method }) => method === 'POST').length <= 3) {
      message.socket.destroy()
    } else response.end(body)
  })
  const gateway = await gatewayOf({ a: upstream.url })
  for (let i = 0; i < 4; i++) await run(gateway.url + RUNS)
  const facts = { area: 'upstream', upstream: 'a', replica: upstream.url }
  expect(await gateway.log.until(({ msg }) => msg === 'replica ejected')).toMatchObject({
    ...facts,
    level: 40,
    ejectedMs: 1000,
    reason: expect.stringMatching(/^AGW_UPSTREAM_RESET \([A-Z_]+\)$/),
  })
  expect(await gateway.log.until(({ msg }) => msg === 'replica readmitted')).toMatchObject(facts)
})

describe('log files', () => {
  test('access and gateway logs are reopened on SIGHUP and SIGUSR2', async () => {
    const upstream = await startAgentOs()
    const directory = temporaryDirectory()
    const file = join(directory, 'gateway.log')
    const accessFile = join(directory, 'logs', 'access.log')
    const gateway = await startProcess(
      {
        upstreams: [{ name: 'a', url: upstream.url }],
        log: { file, access_file: accessFile },
      },
      { port: await freePort() },
    )
    await send(`${gateway.url}/health`)
    await until(holds(accessFile, '"path":"/health"'))
    await until(holds(file, 'listening'))
    expect(await readFile(file, 'utf8')).not.toContain('/health')
    for (const [round, signal] of (['SIGHUP', 'SIGUSR2'] as const).entries()) {
      await rename(accessFile, `${accessFile}.${round}`)
      gateway.child.kill(signal)
      await until(holds(accessFile, ''))
      await send(`${gateway.url}/agents?round=${round}`)
      await until(holds(accessFile, '"path":"/agents"'))
      expect(await readFile(`${accessFile}.${round}`, 'utf8')).toContain('"path":"/')
    }
    gateway.child.kill('SIGTERM')
    expect(await gateway.exited).toBe(0)
  })
})
