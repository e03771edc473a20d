/** Tests the parts of the MCP face that concern HTTP: origins, metadata, challenges and errors. */
import { describe, expect, test } from 'vitest'
import { mcpRefusal } from '../../../../src/face/mcp/error-shape.ts'
import type { GuardedRequest } from '../../../../src/face/mcp/origin-guard.ts'
import { originFault } from '../../../../src/face/mcp/origin-guard.ts'
import {
  challenge,
  metadataUrl,
  resourceMetadata,
} from '../../../../src/face/mcp/protected-resource.ts'

const LOOPBACK: GuardedRequest = {
  host: '127.0.0.1:8080',
  origin: undefined,
  publicUrl: undefined,
  listenHost: '127.0.0.1',
  isAuthenticated: false,
  isListed: (origin) => origin === 'https://app.example.com',
}
const PUBLIC = { ...LOOPBACK, host: 'gw.example.com', listenHost: '0.0.0.0' }

describe('origins', () => {
  test.each<[string, Partial<GuardedRequest>]>([
    ['no origin', LOOPBACK],
    ['localhost', { ...LOOPBACK, host: 'localhost:8080' }],
    ['IPv6', { ...LOOPBACK, host: '[::1]:8080', listenHost: '::1' }],
    ['a page on loopback', { ...LOOPBACK, origin: 'http://localhost:6274' }],
    ['a listed page', { ...LOOPBACK, origin: 'https://app.example.com' }],
    [
      'the public URL',
      { ...LOOPBACK, host: 'gw.example.com', publicUrl: 'https://gw.example.com' },
    ],
    [
      'a page of the public URL',
      { ...PUBLIC, origin: 'https://gw.example.com', publicUrl: 'https://gw.example.com/x' },
    ],
    [
      'its own page with authentication',
      { ...PUBLIC, origin: 'https://gw.example.com', isAuthenticated: true },
    ],
    ['another name with authentication', { ...LOOPBACK, host: 'gw', isAuthenticated: true }],
  ])('A request of %s is let in', (_what, request) => {
    expect(originFault({ ...LOOPBACK, ...request })).toBeUndefined()
  })

  test.each<[string, Partial<GuardedRequest>]>([
    ['a rebound name', { ...LOOPBACK, host: 'evil.example.com:8080' }],
    [
      'a rebound name and its page',
      { ...LOOPBACK, host: 'evil.example.com', origin: 'http://evil.example.com' },
    ],
    ['no host', { ...LOOPBACK, host: '' }],
    ['a foreign page', { ...LOOPBACK, origin: 'https://evil.example.com' }],
    ['an opaque page', { ...LOOPBACK, origin: 'null' }],
    [
      'a foreign page with authentication',
      { ...PUBLIC, origin: 'https://evil.example.com', isAuthenticated: true },
    ],
    ['a page of a name that nobody has confirmed', { ...PUBLIC, origin: 'https://gw.example.com' }],
    ['a loopback page at a public gateway', { ...PUBLIC, origin: 'http://localhost:3000' }],
  ])('A request of %s is refused', (_what, request) => {
    expect(originFault({ ...LOOPBACK, ...request })).toMatch(/^Invalid (?:Host|Origin)/)
  })
})

describe('protected resource', () => {
  const resource = {
    publicUrl: 'https://gw.example.com/base',
    path: '/mcp',
    name: 'gw',
    authorizationServers: [],
  }

  test('The metadata names the resource and its issuers', () => {
    expect(resourceMetadata(resource)).toMatchObject({
      resource: 'https://gw.example.com/base/mcp',
      bearer_methods_supported: ['header'],
    })
    expect(resourceMetadata(resource)).not.toHaveProperty('authorization_servers')
    const issuers = ['https://issuer.example.com']
    expect(resourceMetadata({ ...resource, authorizationServers: issuers })).toMatchObject({
      authorization_servers: issuers,
    })
  })

  test('The well-known path comes before the path of the resource', () => {
    const url = 'https://gw.example.com/.well-known/oauth-protected-resource'
    expect(metadataUrl(resource)).toBe(`${url}/base/mcp`)
    expect(metadataUrl({ publicUrl: 'https://gw.example.com', path: '/mcp' })).toBe(`${url}/mcp`)
    expect(metadataUrl({ publicUrl: 'http://', path: '/mcp' })).toMatch(/^http:\/\/\/\.well-known/)
  })

  test('A challenge names the metadata, and the scopes that are missing', () => {
    const metadata =
      'resource_metadata="https://gw.example.com/.well-known/oauth-protected-resource/base/mcp"'
    expect(challenge(resource)).toBe(`Bearer ${metadata}`)
    expect(challenge(resource, ['agents:x:run'])).toBe(
      `Bearer error="insufficient_scope", scope="agents:x:run", ${metadata}`,
    )
  })
})

test.each([
  [400, 'The body is not JSON', -32_700],
  [400, 'anything', -32_600],
  [500, 'broken', -32_603],
  [401, 'no token', -32_000],
])('A refusal with status %i and "%s" has the JSON-RPC code %i', (status, message, code) => {
  const refusal = { status, message, code: undefined, isRetryable: false, headers: {} }
  const { body, ...rest } = mcpRefusal(refusal, 7)
  expect(rest).toEqual({ status, headers: { 'content-type': 'application/json' } })
  expect(JSON.parse(body)).toEqual({ jsonrpc: '2.0', error: { code, message }, id: 7 })
})
