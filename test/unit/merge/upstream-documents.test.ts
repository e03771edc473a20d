import { expect, test } from 'vitest'
import { renameJson } from '../../../src/json/rename-json.ts'
import {
  docsPageBelow,
  documentNames,
  openApiBelow,
} from '../../../src/merge/upstream-documents.ts'
import { PublicAddresses } from '../../../src/relay/public-address.ts'

const PREFIX = '/upstreams/one'
/** The rewritten document as text. */
const textBelow = async (document: string) =>
  (await openApiBelow(Buffer.from(document), PREFIX, addresses)).toString()

const addresses = new PublicAddresses({
  urls: ['http://up:7777/api/v1'],
  origin: 'https://gw.example',
  prefix: PREFIX,
})

test.each([
  ['{"openapi":"3.1.0","paths":{}}', [{ url: PREFIX }]],
  ['{"openapi":"3.1.0","servers":[]}', [{ url: PREFIX }]],
  ['{"servers":[{"url":"/api/v1","description":"d"}]}', [{ url: PREFIX, description: 'd' }]],
  ['{"servers":[{"url":"http://up:7777/api/v1/"}]}', [{ url: PREFIX }]],
  ['{"servers":[{"url":"/"}]}', [{ url: PREFIX }]],
  ['{"servers":[{"url":"http://other/"}]}', [{ url: PREFIX }, { url: 'http://other/' }]],
  [
    '{"servers":[{"url":"http://other/"},{"url":"/api/v1"}]}',
    [{ url: PREFIX }, { url: 'http://other/' }],
  ],
])(
  'the first server of the OpenAPI document %s is below the gateway',
  async (document, servers) => {
    const below = JSON.parse(await textBelow(document)) as { servers: unknown }
    expect(below.servers).toEqual(servers)
  },
)

test('the addresses of OAuth flows and of single paths are below the gateway', async () => {
  const flows = '"flows":{"password":{"tokenUrl":"/api/v1/token","scopes":{}}}'
  const paths = '"paths":{"/x":{"servers":[{"url":"/api/v1"}]}}'
  const text = `{"servers":[{"url":"/api/v1"}],${flows},${paths}}`
  expect(await textBelow(text)).toBe(text.replaceAll('/api/v1', PREFIX))
})

test('a text that is no OpenAPI document stays unchanged', async () => {
  for (const text of ['[]', '[1]', 'null', '{broken', '{"a', '"/api/v1"']) {
    expect(await textBelow(text)).toBe(text)
  }
})

test.each([
  ["url: '/api/v1/openapi.json',", "url: '/upstreams/one/openapi.json',"],
  ['<redoc spec-url="/openapi.json">', '<redoc spec-url="/upstreams/one/openapi.json">'],
  [
    "oauth2RedirectUrl: window.location.origin + '/docs/oauth2-redirect'",
    "oauth2RedirectUrl: window.location.origin + '/upstreams/one/docs/oauth2-redirect'",
  ],
  ['src="https://cdn.example/swagger.js"', 'src="https://cdn.example/swagger.js"'],
  [
    'href="//cdn.example/a.css" dom_id: "#swagger-ui"',
    'href="//cdn.example/a.css" dom_id: "#swagger-ui"',
  ],
])('a documentation page with %s loads %s', (html, shown) => {
  expect(docsPageBelow(html, addresses)).toBe(shown)
})

test('every address of an agent card is at the gateway', () => {
  const card = {
    url: 'http://inner:1/a2a/agents/a',
    iconUrl: 'http://up:7777/api/v1/icon.png',
    documentationUrl: 'https://docs.example/a',
    provider: { organization: 'o', url: 'https://o.example' },
    additionalInterfaces: [{ url: 'http://inner:1/a2a/agents/a/v1', transport: 'JSONRPC' }],
  }
  const names = documentNames(addresses, true)
  expect(JSON.parse(renameJson(JSON.stringify(card), names))).toEqual({
    ...card,
    url: 'https://gw.example/upstreams/one/a2a/agents/a',
    iconUrl: 'https://gw.example/upstreams/one/icon.png',
    additionalInterfaces: [
      { url: 'https://gw.example/upstreams/one/a2a/agents/a/v1', transport: 'JSONRPC' },
    ],
  })
})

test("every address of the upstream's own in a well-known document is at the gateway", () => {
  const names = documentNames(addresses, false)
  const document = {
    resource: 'http://up:7777/api/v1/mcp',
    authorization_servers: ['http://up:7777/api/v1', 'https://login.example'],
  }
  expect(JSON.parse(renameJson(JSON.stringify(document), names))).toEqual({
    resource: 'https://gw.example/upstreams/one/mcp',
    authorization_servers: ['https://gw.example/upstreams/one/', 'https://login.example'],
  })
})
