import { expect, test } from 'vitest'
import { listenFailure } from '../../../cli/listen-failure.ts'

const failure = (code: string) => Object.assign(new Error(`listen ${code}`), { code })
const messageOf = (code: string, port = 8080, section: 'listen' | 'metrics' = 'listen') =>
  (listenFailure(failure(code), { section, host: '10.0.0.9', port }) as Error).message

test('the error for a port in use offers another port', () => {
  expect(messageOf('EADDRINUSE')).toBe(
    `listen.port: another process uses 10.0.0.9:8080 (EADDRINUSE)
  Stop that process (ss -ltnp 'sport = :8080' names it), or choose another port:
    agentos-gateway --port 8081
    listen: { port: 8081 }`,
  )
})

test('the advice for the metrics port changes only the configuration file', () => {
  expect(messageOf('EADDRINUSE', 65_535, 'metrics')).toContain('  metrics: { port: 65534 }')
  expect(messageOf('EADDRINUSE', 65_535, 'metrics')).not.toContain('--port')
})

test('the error for a privileged port names the capability and another port', () => {
  expect(messageOf('EACCES', 443)).toContain('CAP_NET_BIND_SERVICE')
  expect(messageOf('EACCES', 443)).toContain('agentos-gateway --port 8443')
  expect(messageOf('EACCES', 80)).toContain('agentos-gateway --port 8080')
})

test('the error for an unusable host names usable addresses', () => {
  for (const code of ['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL', 'ENOTFOUND', 'EAI_AGAIN']) {
    expect(messageOf(code)).toMatch(/^listen\.host: .*10\.0\.0\.9/)
    expect(messageOf(code)).toContain('127.0.0.1 for this machine alone')
  }
})

test('any other error is returned unchanged', () => {
  const error = failure('EMFILE')
  expect(listenFailure(error, { section: 'listen', host: '::1', port: 1 })).toBe(error)
  expect(listenFailure('text', { section: 'listen', host: '::1', port: 1 })).toBe('text')
})
