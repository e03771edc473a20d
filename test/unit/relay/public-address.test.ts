import { describe, expect, test } from 'vitest'
import { PublicAddresses } from '../../../src/relay/public-address.ts'

const reach = { urls: ['http://up:7777', 'http://up2:7777'], origin: 'https://gw.example' }
const plain = new PublicAddresses({ ...reach, prefix: '' })
const below = new PublicAddresses({ ...reach, prefix: '/upstreams/one' })
const mounted = new PublicAddresses({
  urls: ['https://up/api/v1'],
  origin: 'https://gw.example',
  prefix: '/upstreams/one',
})
const renamed = new PublicAddresses({ ...reach, prefix: '', idToClient: (_, id) => `p-${id}` })

describe('an address of an upstream leads through the gateway', () => {
  test.each([
    [plain, 'http://up:7777/mcp/', '/mcp/'],
    [plain, 'https://UP2:7777/mcp/?a=/b#c', '/mcp/?a=/b#c'],
    [plain, '//up:7777/mcp', '/mcp'],
    [plain, 'http://up:7777', '/'],
    [plain, 'http://up:7777?x', '/?x'],
    [plain, '/mcp/', '/mcp/'],
    [plain, 'https://gw.example/mcp/', '/mcp/'],
    [below, 'http://up:7777/mcp/', '/upstreams/one/mcp/'],
    [below, '/mcp/', '/upstreams/one/mcp/'],
    [below, 'http://gw.example/mcp/', '/upstreams/one/mcp/'],
    [below, 'https://gw.example/upstreams/one/mcp/', '/upstreams/one/mcp/'],
    [mounted, 'http://up/api/v1/mcp/', '/upstreams/one/mcp/'],
    [mounted, 'https://up:443/api/v1', '/upstreams/one/'],
    [mounted, '/api/v1?x=1', '/upstreams/one/?x=1'],
    [mounted, '/api/v10', '/upstreams/one/api/v10'],
    [renamed, 'http://up:7777/agents/a/runs', '/agents/p-a/runs'],
    [renamed, '/a2a/agents/a%20b?x', '/a2a/agents/p-a%20b?x'],
    [renamed, '/agents/%ff/runs', '/agents/%ff/runs'],
  ])('%o reads %s as %s', (addresses, address, path) => {
    expect(addresses.path(address)).toBe(path)
  })

  test.each(['http://elsewhere/mcp', 'http://up:8888/mcp', 'mcp/', '?page=2', '', 'mailto:a@up'])(
    'the address %j of another server stays unchanged',
    (address) => {
      expect(below.path(address)).toBeUndefined()
      expect(below.headerValue('location', address)).toBe(address)
    },
  )
})

test.each([
  ['location', 'http://up/api/v1/x', '/upstreams/one/x'],
  ['content-location', '/api/v1/x', '/upstreams/one/x'],
  [
    'link',
    '</api/v1/x?p=2>; rel="next", <http://other/>; rel=x',
    '</upstreams/one/x?p=2>; rel="next", <http://other/>; rel=x',
  ],
  ['refresh', '5; url=http://up/api/v1/x', '5; url=/upstreams/one/x'],
  ['refresh', "0;URL='/api/v1/x'", "0;URL='/upstreams/one/x'"],
  ['refresh', '5', '5'],
  [
    'set-cookie',
    'a=/api/v1; Path=/api/v1; Domain=up; Secure',
    'a=/api/v1; Path=/upstreams/one/; Secure',
  ],
  ['set-cookie', 'a=1; domain=.other.example; HttpOnly', 'a=1; domain=.other.example; HttpOnly'],
  [
    'www-authenticate',
    'Bearer error="x", resource_metadata="https://up/.well-known/oauth-protected-resource/mcp"',
    'Bearer error="x", resource_metadata="https://gw.example/upstreams/one/.well-known/oauth-protected-resource/mcp"',
  ],
])('a %s header %j is given to the caller as %j', (name, value, shown) => {
  expect(mounted.headerValue(name, value)).toBe(shown)
})

test('a caller without a host gets paths in place of addresses', () => {
  const addresses = new PublicAddresses({ ...reach, origin: 'http://', prefix: '/upstreams/one' })
  expect(addresses.path('http://up:7777/mcp')).toBe('/upstreams/one/mcp')
})
