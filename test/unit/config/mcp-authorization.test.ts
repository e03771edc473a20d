import { expect, test } from 'vitest'
import { mcpAuthorizationFaults } from '../../../config/mcp-authorization.ts'
import { configOf, UPSTREAM } from './support.ts'

const KEYS = [{ alg: 'HS256', secret: 's'.repeat(32) }]
const RESOURCE = 'https://gw.example.com/mcp'
const AUTH = { mode: 'jwt', keys: KEYS, verify_audience: true, audience: [RESOURCE] }
const OAUTH = {
  auth: AUTH,
  public_url: 'https://gw.example.com',
  faces: { mcp: { authorization_servers: ['https://issuer.example.com'] } },
  upstreams: [{ ...UPSTREAM, credentials: 'none' }],
}

const faultsOf = (document: object) =>
  mcpAuthorizationFaults(configOf({ ...OAUTH, ...document })).map(({ text }) => text)

test.each([
  ['a complete configuration', {}],
  ['a face without issuers', { faces: { mcp: true }, upstreams: [UPSTREAM] }],
  ['no MCP face', { faces: {}, upstreams: [UPSTREAM] }],
  ['a path that matches without a public URL', { public_url: undefined }],
])('There is no fault with %s', (_what, document) => {
  expect(faultsOf(document)).toEqual([])
})

test('An upstream that gets the token of an MCP client is reported', () => {
  const upstreams = [
    { ...UPSTREAM, credentials: { bearer: 'token' } },
    { name: 'b', url: 'http://b', credentials: 'forward' },
    { name: 'c', url: 'http://c' },
  ]
  expect(mcpAuthorizationFaults(configOf({ ...OAUTH, upstreams }))).toEqual([
    { upstream: 'b', text: expect.stringContaining("upstream 'b' gets the caller's token") },
    { upstream: 'c', text: expect.stringContaining('use mint, bearer or none') },
  ])
})

test.each([
  ['unverified audiences', { mode: 'jwt', keys: KEYS }],
  ['another audience', { ...AUTH, audience: ['https://gw.example.com/other'] }],
])('Accepting tokens with %s is a fault', (_what, auth) => {
  expect(faultsOf({ auth })).toEqual([
    expect.stringMatching(/issued for https:\/\/gw\.example\.com\/mcp, .* auth\.audience$/),
  ])
})

test('Issuers have no effect without tokens', () => {
  expect(faultsOf({ auth: { mode: 'none' } })).toEqual([
    expect.stringContaining('no effect without auth.mode: jwt'),
  ])
})
