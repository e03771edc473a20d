import { describe, expect, test } from 'vitest'
import { proxyFor } from '../../../src/upstream/proxy.ts'

const PROXIES = { HTTP_PROXY: 'http://plain:3128', HTTPS_PROXY: 'http://secure:3129' }

function hostFor(url: string, env: Record<string, string>): string | undefined {
  return proxyFor(new URL(url), env)?.host
}

describe('proxyFor', () => {
  test('the scheme of the URL chooses the variable', () => {
    expect(hostFor('http://a.example/', PROXIES)).toBe('plain')
    expect(hostFor('https://a.example/', PROXIES)).toBe('secure')
    expect(hostFor('https://a.example/', { HTTP_PROXY: 'http://plain' })).toBeUndefined()
    expect(hostFor('http://127.0.0.1:7777', PROXIES)).toBe('plain')
    expect(hostFor('http://a.example/', {})).toBeUndefined()
  })

  test('a lower-case variable replaces the upper-case one unless it is empty', () => {
    expect(hostFor('http://a.example', { ...PROXIES, http_proxy: 'http://lower' })).toBe('lower')
    expect(hostFor('http://a.example', { ...PROXIES, http_proxy: '' })).toBe('plain')
    expect(hostFor('http://a.example', { ...PROXIES, NO_PROXY: '*', no_proxy: 'b' })).toBe('plain')
  })

  test.each([
    ['proxy.internal:3128', { isTls: false, host: 'proxy.internal', port: 3128 }],
    ['http://proxy.internal', { isTls: false, host: 'proxy.internal', port: 80 }],
    ['https://proxy.internal/', { isTls: true, host: 'proxy.internal', port: 443 }],
    ['http://[::1]:3128', { isTls: false, host: '::1', port: 3128 }],
  ])('%s is accepted as a proxy', (HTTP_PROXY, proxy) => {
    const expected = { ...proxy, authorization: undefined }
    expect(proxyFor(new URL('http://a.example'), { HTTP_PROXY })).toEqual(expected)
  })

  test.each([
    ['user:p%40ss', 'user:p@ss'],
    ['user', 'user:'],
    ['user:100%', 'user:100%'],
  ])('credentials %s become basic authentication', (credentials, plain) => {
    const env = { HTTP_PROXY: `http://${credentials}@proxy:3128` }
    const authorization = `Basic ${Buffer.from(plain).toString('base64')}`
    expect(proxyFor(new URL('http://a.example'), env)).toMatchObject({ authorization })
  })

  test.each(['socks5://user:secret@proxy', 'http://user:secret@:99999', 'http://'])(
    'the wrong value %s is refused by its variable without its text',
    (value) => {
      const ask = (env: Record<string, string>) => () => proxyFor(new URL('http://a.example'), env)
      expect(ask({ HTTPS_PROXY: value })).toThrow(/^HTTPS_PROXY is not the URL of a proxy/)
      expect(ask({ http_proxy: value })).toThrow(/^http_proxy is not the URL of a proxy/)
      expect(ask({ http_proxy: value })).not.toThrow(/secret/)
    },
  )
})

describe('NO_PROXY', () => {
  test.each([
    ['*', 'http://a.example'],
    ['example.com', 'http://example.com'],
    ['example.com', 'https://api.example.com:8443/path'],
    ['.example.com', 'http://example.com'],
    ['*.example.com', 'http://api.example.com'],
    ['Example.COM.', 'http://API.example.com'],
    ['example.com', 'http://example.com.'],
    ['example.com:8080', 'http://example.com:8080'],
    ['example.com:80', 'http://example.com'],
    ['example.com:443', 'https://example.com'],
    ['localhost', 'http://localhost:7777'],
    ['other, localhost', 'http://localhost:7777'],
    ['other localhost', 'http://localhost:7777'],
    ['127.0.0.1', 'http://127.0.0.1:7777'],
    ['127.0.0.1:7777', 'http://127.0.0.1:7777'],
    ['10.0.0.0/8', 'http://10.20.30.40'],
    ['10.0.0.0/8', 'http://[::ffff:10.1.2.3]'],
    ['::1', 'http://[::1]:7777'],
    ['[::1]', 'http://[::1]:7777'],
    ['[::1]:7777', 'http://[::1]:7777'],
    ['0:0:0:0:0:0:0:1', 'http://[::1]'],
    ['fd00::/8', 'http://[fd12::1]'],
  ])('the entry %s lets %s go directly', (NO_PROXY, url) => {
    expect(hostFor(url, { ...PROXIES, NO_PROXY })).toBeUndefined()
  })

  test.each([
    ['', 'http://a.example'],
    [',', 'http://a.example'],
    ['.', 'http://a.example'],
    ['example.com', 'http://notexample.com'],
    ['api.example.com', 'http://example.com'],
    ['example.com:8080', 'http://example.com'],
    ['example.com:80', 'https://example.com'],
    ['localhost', 'http://127.0.0.1'],
    ['127.0.0.1:1', 'http://127.0.0.1:7777'],
    ['0.0.1', 'http://127.0.0.1'],
    ['10.0.0.0/8', 'http://11.0.0.1'],
    ['10.0.0.0/8', 'http://ten.example'],
    ['10.0.0.0/33', 'http://10.0.0.0'],
    ['10.0.0.0/x', 'http://10.0.0.0'],
    ['fd00::/8', 'http://[fe80::1]'],
    ['[::1]:1', 'http://[::1]:7777'],
  ])('the entry %s leaves %s to the proxy', (NO_PROXY, url) => {
    expect(hostFor(url, { ...PROXIES, NO_PROXY })).toBeDefined()
  })
})
