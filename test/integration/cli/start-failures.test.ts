/** Tests failed starts: exit code, message, and the end of the process. */
import { writeFileSync } from 'node:fs'
import type { AddressInfo, Server } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryDirectory } from '../../support/certificates.ts'
import { command, configFile } from '../../support/cli.ts'

const UPSTREAMS = [{ name: 'a', url: 'http://127.0.0.1:1' }]

/** A port that another process listens on. */
async function portInUse(): Promise<number> {
  const server: Server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** Starts with these keys. The process must exit by itself, because the test waits for it. */
function startWith(document: object, args: readonly string[] = []) {
  return command(['--config', configFile({ upstreams: UPSTREAMS, ...document }), ...args])
}

for (const workers of [1, 2]) {
  test(`a port in use ends the start with ${workers} worker(s)`, async () => {
    const port = await portInUse()
    const { code, stderr, stdout } = await startWith({ listen: { port }, workers })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(`listen.port: another process uses 127.0.0.1:${port}`)
    expect(stderr).toContain(`agentos-gateway --port ${port + 1}`)
  })

  test(`a metrics port in use ends the start with ${workers} worker(s)`, async () => {
    const port = await portInUse()
    const listen = { port: 0 }
    const { code, stderr, stdout } = await startWith({ listen, metrics: { port }, workers })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(`metrics.port: another process uses 127.0.0.1:${port}`)
    expect(stderr).toContain(`metrics: { port: ${port + 1} }`)
  })

  test(`a listen address of another machine ends the start with ${workers} worker(s)`, async () => {
    const { code, stderr } = await startWith({ listen: { host: '192.0.2.1', port: 0 }, workers })
    expect(code).toBe(1)
    expect(stderr).toContain('listen.host: 192.0.2.1 is not an address of this machine')
    expect(stderr).toContain('0.0.0.0 for every interface')
  })

  test(`an unopenable log file ends the start with ${workers} worker(s)`, async () => {
    const file = '/dev/null/gateway.log'
    const { code, stderr } = await startWith({ listen: { port: 0 }, log: { file }, workers })
    expect(code).toBe(1)
    expect(stderr).toContain(`log.file: ${file} cannot be opened`)
  })
}

test('the demo ends when its port is in use', async () => {
  const port = await portInUse()
  const cwd = temporaryDirectory()
  const { code, stderr, stdout } = await command(['--port', `${port}`], { cwd })
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toContain(`listen.port: another process uses 127.0.0.1:${port}`)
})

test('an unknown host name of the metrics port ends the start', async () => {
  const metrics = { host: 'no-such-host.invalid', port: 0 }
  const { code, stderr } = await startWith({ listen: { port: 0 }, metrics })
  expect(code).toBe(1)
  expect(stderr).toContain('metrics.host: the name no-such-host.invalid cannot be resolved')
})

test('an unreadable certificate ends the start and names its key', async () => {
  const directory = temporaryDirectory()
  const file = join(directory, 'key.pem')
  writeFileSync(file, 'no key')
  const tls = { cert_file: join(directory, 'absent.pem'), key_file: file }
  const { code, stderr } = await startWith({ listen: { port: 0, tls } })
  expect(code).toBe(78)
  expect(stderr).toContain(`listen.tls: ${tls.cert_file} cannot be read: no such file`)
})
