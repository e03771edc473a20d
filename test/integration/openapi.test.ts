import { validate } from '@readme/openapi-parser'
import { expect, test } from 'vitest'
import { OWN_OPERATIONS } from '../../routes/docs-page.ts'
import { startAgentOs } from '../support/agentos.ts'
import { send } from '../support/client.ts'
import { answerJson } from '../support/fake-upstream.ts'
import { gatewayOf } from '../support/gateway.ts'
import { JWT_AUTH } from '../support/tokens.ts'

const operation = (operationId: string) => ({
  operationId,
  responses: { '200': { description: 'ok' } },
})

/** Starts an AgentOS whose OpenAPI document has these paths, or one whose docs are off. */
function documented(paths?: Record<string, object>) {
  return startAgentOs({}, ({ url }, response) => {
    const document = { openapi: '3.1.0', info: { title: 'x', version: '1' }, paths }
    if (url === '/openapi.json' && paths) answerJson(response, document)
    else answerJson(response, { detail: 'Not Found' }, 404)
  })
}

interface Document {
  readonly paths: Record<string, unknown>
  readonly info: object
}

const documentAt = async (url: string) => (await (await send(url)).json()) as Document

test('the merged document lists every path where it can be called', async () => {
  const a = await documented({ '/agents': { get: operation('get_agents') } })
  const b = await documented({ '/mine': { get: operation('get_mine') } })
  const gateway = await gatewayOf({ a: a.url, b: b.url }, { name: 'Ours', description: 'About' })
  const document = await documentAt(`${gateway.url}/openapi.json`)
  expect(document.info).toMatchObject({ title: 'Ours', description: 'About' })
  const paths = [...Object.keys(OWN_OPERATIONS), '/agents', '/upstreams/b/mine']
  expect(Object.keys(document.paths).toSorted()).toEqual(paths.toSorted())
  expect(await validate(document as never)).toMatchObject({ valid: true })
})

test('upstreams without a document are left out and named as missing', async () => {
  const a = await documented({ '/agents': { get: operation('get_agents') } })
  const b = await documented()
  const gateway = await gatewayOf({ a: a.url, b: b.url })
  const answer = await send(`${gateway.url}/openapi.json`)
  expect(answer.headers['x-agentos-partial']).toBe('b')
  expect(((await answer.json()) as Document).paths).toHaveProperty('/agents')
})

test('the gateway describes itself when no upstream has a document', async () => {
  const a = await documented()
  const gateway = await gatewayOf({ a: a.url })
  const answer = await send(`${gateway.url}/openapi.json`)
  expect(answer.status).toBe(200)
  expect(Object.keys(((await answer.json()) as Document).paths)).toEqual(
    Object.keys(OWN_OPERATIONS),
  )
})

test('the merged document is public, fetched anonymously and cached', async () => {
  const a = await documented({ '/agents': { get: operation('get_agents') } })
  const gateway = await gatewayOf({ a: a.url }, { auth: JWT_AUTH })
  const headers = { authorization: 'Bearer anything' }
  for (let i = 0; i < 2; i++) {
    expect((await send(`${gateway.url}/openapi.json`, { headers })).status).toBe(200)
  }
  const asked = a.requests.filter(({ url }) => url === '/openapi.json')
  expect(asked).toHaveLength(1)
  expect(asked[0]?.headers.authorization).toBeUndefined()
  const chosen = await send(`${gateway.url}/openapi.json?upstream=a`)
  expect(chosen.status).toBe(401)
})

test('exactly the operations that need a token declare one', async () => {
  const a = await documented({
    '/docs': { get: operation('get_docs') },
    '/health': { get: operation('get_health'), post: operation('post_health') },
  })
  const gateway = await gatewayOf({ a: a.url }, { auth: JWT_AUTH })
  const { paths } = await documentAt(`${gateway.url}/openapi.json`)
  const security = [{ HTTPBearer: [] }]
  expect(paths['/docs']).toEqual({ get: operation('get_docs') })
  expect(paths['/health']).toEqual({
    get: operation('get_health'),
    post: { ...operation('post_health'), security },
  })
  expect(paths['/gateway/status']).toMatchObject({ get: { security } })
})

test('a changed upstream document changes the merged document', async () => {
  const paths: Record<string, object> = { '/agents': { get: operation('get_agents') } }
  const a = await documented(paths)
  const gateway = await gatewayOf({ a: a.url })
  await documentAt(`${gateway.url}/openapi.json`)
  paths['/teams'] = { get: operation('get_teams') }
  const headers = { 'cache-control': 'no-cache' }
  const answer = await send(`${gateway.url}/openapi.json`, { headers })
  expect(((await answer.json()) as Document).paths).toHaveProperty('/teams')
})

test('the docs page loads all its assets from the gateway', async () => {
  const gateway = await gatewayOf({ a: (await documented()).url }, { name: '<b>&' })
  const page = await send(`${gateway.url}/docs`)
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
  const html = await page.whole()
  expect(html).toContain('<title>&#60;b&#62;&#38;</title>')
  expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
  for (const [, file] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
    const asset = await send(`${gateway.url}/${file}`)
    expect([file, asset.status]).toEqual([file, 200])
    await asset.whole()
  }
  expect((await send(`${gateway.url}/redoc`)).headers.location).toBe('docs')
})

test.each(['package.json', 'swagger-ui.js', '..%2fpackage.json', 'csp.json'])(
  'the docs page does not serve the file %s',
  async (file) => {
    const gateway = await gatewayOf({ a: (await documented()).url })
    expect((await send(`${gateway.url}/docs/${file}`)).status).toBeGreaterThanOrEqual(400)
  },
)
