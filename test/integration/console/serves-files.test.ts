import { expect, test } from 'vitest'
import { buildApp } from '../../../app.ts'
import { consoleFiles } from '../../../cli/console-files.ts'
import { areaLogs } from '../../../plugins/logs.ts'
import type { ConsoleFile } from '../../../src/console.ts'
import { isConsoleOn } from '../../../src/console.ts'
import { configOf } from '../../support/gateway.ts'
import { LogCapture } from '../../support/log-capture.ts'
import { refusingUrl } from '../../support/raw-upstream.ts'

const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

function file(text: string, type: string, isImmutable = false): ConsoleFile {
  return { type, body: Buffer.from(text), gzip: Buffer.from(`gzip ${text}`), isImmutable }
}

const FILES = new Map([
  ['', file('<page>', 'text/html; charset=utf-8')],
  ['console-abcdefgh.js', file('script', 'text/javascript; charset=utf-8', true)],
  ['icon.svg', file('<svg>', 'image/svg+xml')],
])

/** An app with the given keys; `loads` counts how often the files were loaded. */
async function appWith(document: object) {
  const config = configOf({ upstreams: [{ name: 'a', url: await refusingUrl() }], ...document })
  const log = new LogCapture()
  const counted = { loads: 0 }
  const app = await buildApp({
    config,
    logs: areaLogs(log.logger, config.log),
    consoleFiles: async () => {
      counted.loads++
      return FILES
    },
  })
  return { app, counted }
}

test('the page has a strict policy and immutable files', async () => {
  const { app, counted } = await appWith({})
  expect(counted.loads).toBe(0)
  const page = await app.inject('/gateway/console/')
  expect(page.body).toBe('<page>')
  expect(page.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  })
  const policy = String(page.headers['content-security-policy'])
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
  expect(policy).toContain("require-trusted-types-for 'script'; trusted-types dompurify")
  const script = await app.inject('/gateway/console/console-abcdefgh.js')
  expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable')
  expect(counted.loads).toBe(1)
  await app.close()
})

test('a browser that accepts gzip receives gzip', async () => {
  const { app } = await appWith({})
  const headers = { 'accept-encoding': 'gzip, deflate, br' }
  const page = await app.inject({ url: '/gateway/console/', headers })
  expect(page.headers['content-encoding']).toBe('gzip')
  expect(page.body).toBe('gzip <page>')
  await app.close()
})

test('a request without the trailing slash is redirected relatively', async () => {
  const { app } = await appWith({})
  const { statusCode, headers } = await app.inject('/gateway/console')
  expect([statusCode, headers.location]).toEqual([302, 'console/'])
  await app.close()
})

test.each([
  '/gateway/console/nothing.js',
  '/gateway/console/%2e%2e%2fpackage.json',
  '/gateway/console/../../package.json',
])('the console has no file %s', async (url) => {
  const { app } = await appWith({})
  expect((await app.inject(url)).statusCode).toBeGreaterThanOrEqual(400)
  await app.close()
})

test('a failed load of the files is retried', async () => {
  const config = configOf({ upstreams: [{ name: 'a', url: await refusingUrl() }] })
  let loads = 0
  const app = await buildApp({
    config,
    logs: areaLogs(new LogCapture().logger, config.log),
    consoleFiles: async () => {
      if (loads++ === 0) throw new Error('no disk')
      return FILES
    },
  })
  expect((await app.inject('/gateway/console/')).statusCode).toBe(500)
  expect((await app.inject('/gateway/console/')).statusCode).toBe(200)
  await app.close()
})

test('a browser at / is redirected, and a program gets JSON', async () => {
  const { app } = await appWith({})
  const page = await app.inject({ url: '/', headers: HTML })
  expect([page.statusCode, page.headers.location]).toEqual([302, 'gateway/console/'])
  for (const accept of ['*/*', 'application/json', 'application/json, text/html']) {
    const answer = await app.inject({ url: '/', headers: { accept } })
    expect(answer.json()).toMatchObject({ id: 'agentos-gateway' })
  }
  await app.close()
})

test('without the console, / shows links and files are 404', async () => {
  const { app, counted } = await appWith({ console: 'off', name: 'Ours <&>' })
  const page = await app.inject({ url: '/', headers: HTML })
  expect(page.statusCode).toBe(200)
  expect(page.body).toContain('Ours &#60;&#38;&#62;')
  expect(page.body).toContain('href="docs"')
  for (const url of ['/gateway/console/', '/gateway/console/icon.svg', '/favicon.ico']) {
    expect((await app.inject(url)).statusCode).toBe(404)
  }
  expect(counted.loads).toBe(0)
  await app.close()
})

test('the files need no token unless the request names an upstream', async () => {
  const { app } = await appWith({ auth: { mode: 'security_key', security_key: 'k' } })
  for (const url of ['/gateway/console/', '/favicon.ico', '/gateway/console/icon.svg']) {
    expect((await app.inject(url)).statusCode).toBe(200)
    expect((await app.inject(`${url}?upstream=a`)).statusCode).toBe(401)
    const headers = { 'x-agentos-upstream': 'a' }
    expect((await app.inject({ url, headers })).statusCode).toBe(401)
  }
  await app.close()
})

const KEY = { mode: 'security_key', security_key: 'k' }

test.each([
  [{}, true],
  [{ listen: { host: 'localhost' } }, true],
  [{ listen: { host: '::1' } }, true],
  [{ listen: { host: '0.0.0.0' } }, false],
  [{ listen: { host: '127.evil.example' } }, false],
  [{ listen: { host: '0.0.0.0' }, auth: KEY }, true],
  [{ listen: { host: '0.0.0.0' }, console: 'on' }, true],
  [{ console: 'off', auth: KEY }, false],
])('the configuration %j turns the console on: %s', async (document, expected) => {
  const upstreams = [{ name: 'a', url: 'http://a' }]
  expect(isConsoleOn(configOf({ upstreams, ...document }))).toBe(expected)
})

test('a checkout bundles the console at the first request', async () => {
  const files = await consoleFiles()
  const page = files.get('')?.body.toString() ?? ''
  const [, script = ''] = /src="([^"]+)"/.exec(page) ?? []
  const [, style = ''] = /rel="stylesheet" href="([^"]+)"/.exec(page) ?? []
  expect(files.get(script)).toMatchObject({ isImmutable: true })
  expect(files.get(style)).toMatchObject({ isImmutable: true, type: 'text/css; charset=utf-8' })
  expect(page).not.toMatch(/<script>|style=|onload=|https?:\/\//)
})
