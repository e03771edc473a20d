import { validate } from '@readme/openapi-parser'
import { expect, test } from 'vitest'
import type { Share } from '../../../src/merge/gather.ts'
import { isOpenApi, mergedOpenApi } from '../../../src/merge/openapi.ts'
import { CachedAnswer } from '../../../src/remote/config-cache.ts'
import { Ticker } from '../../../src/upstream/ticker.ts'
import { Upstream } from '../../../src/upstream/upstream.ts'
import { configOf } from '../../support/gateway.ts'

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const answers = (name: string) => ({
  '200': { description: 'ok', content: { 'application/json': { schema: ref(name) } } },
})
const object = (properties: object) => ({ type: 'object', properties })

function documentOf(paths: object, schemas: object = {}, rest: object = {}) {
  const securitySchemes = { HTTPBearer: { type: 'http', scheme: 'bearer' } }
  const info = { title: 'x', version: '1' }
  return { openapi: '3.1.0', info, paths, components: { schemas, securitySchemes }, ...rest }
}

interface Merged {
  readonly paths: Record<string, Record<string, Record<string, unknown>>>
  readonly components: { schemas?: Record<string, unknown>; securitySchemes: object }
  readonly [member: string]: unknown
}

/** Merges the documents of the upstreams a, b and c, in this order. */
async function merged(documents: readonly object[], settings: object = {}): Promise<Merged> {
  const names = ['a', 'b', 'c'].slice(0, documents.length)
  const upstreams = names.map((name) => ({ name, url: 'http://127.0.0.1:1' }))
  const config = configOf({ upstreams, ...settings })
  const shares: Share[] = documents.map((document, index) => ({
    upstream: new Upstream(config.upstreams[index] as (typeof config.upstreams)[0], new Ticker()),
    answer: new CachedAnswer(200, Buffer.from(JSON.stringify(document)), 0),
  }))
  const isAtOwnPath = (_upstream: Upstream, _method: string, path: string) => path !== '/custom'
  const isOpen = (method: string, path: string) => `${method} ${path}` === 'GET /health'
  const document = await mergedOpenApi(shares, { config, isAtOwnPath, isOpen, own: {} })
  expect(await validate(structuredClone(document) as never)).toMatchObject({ valid: true })
  return JSON.parse(JSON.stringify(document)) as Merged
}

test('the merged document joins all paths, and the first upstream wins conflicts', async () => {
  const a = documentOf({ '/x': { get: { summary: 'of a', responses: answers('X') } } }, { X: {} })
  const b = documentOf(
    {
      '/x': {
        get: { summary: 'of b', responses: answers('X') },
        post: { responses: answers('X') },
      },
    },
    { X: {} },
  )
  const { paths } = await merged([a, b])
  expect(Object.keys(paths['/x'] ?? {})).toEqual(['get', 'post'])
  expect(paths['/x']?.['get']).toMatchObject({ summary: 'of a' })
})

test('schemas that are deeply equal are kept once, even recursive ones', async () => {
  const schemas = {
    Tree: object({ children: { type: 'array', items: ref('Tree') }, leaf: ref('Leaf') }),
    Leaf: object({}),
  }
  const a = documentOf({ '/a': { get: { responses: answers('Tree') } } }, schemas)
  const b = documentOf({ '/b': { get: { responses: answers('Tree') } } }, schemas)
  const { components } = await merged([a, b])
  expect(components.schemas).toEqual(schemas)
})

test('a renamed schema also gets a new title for code generators', async () => {
  const documents = ['string', 'number'].map((type, index) =>
    documentOf(
      { [`/${index}`]: { get: { responses: answers('Page_Pet_') } } },
      { Page_Pet_: { title: 'Page[Pet]', type } },
    ),
  )
  const { components } = await merged(documents)
  expect(components.schemas).toEqual({
    Page_Pet_: { title: 'Page[Pet]', type: 'string' },
    Page_Pet__b: { title: 'Page[Pet]_b', type: 'number' },
  })
})

test('schemas that differ are renamed together with references to them', async () => {
  const outer = object({ inner: ref('Inner') })
  const same = object({})
  const documents = ['string', 'number', 'number'].map((type, index) =>
    documentOf(
      {
        [`/${'abc'[index]}`]: {
          get: { responses: answers('Outer') },
          put: { responses: answers('Same') },
        },
      },
      { Outer: outer, Inner: { type }, Same: same },
    ),
  )
  const { paths, components } = await merged(documents)
  expect(components.schemas).toEqual({
    Outer: outer,
    Inner: { type: 'string' },
    Same: same,
    Outer_b: object({ inner: ref('Inner_b') }),
    Inner_b: { type: 'number' },
  })
  expect(paths['/b']?.['get']).toMatchObject({ responses: answers('Outer_b') })
  expect(paths['/c']?.['get']).toMatchObject({ responses: answers('Outer_b') })
})

test('discriminator mappings are renamed but text resembling a reference is not', async () => {
  const pointer = '#/components/schemas/Cat'
  const pet = {
    oneOf: [ref('Cat')],
    discriminator: { propertyName: 'kind', mapping: { cat: pointer } },
    example: pointer,
  }
  const documents = ['string', 'number'].map((type, index) =>
    documentOf(
      { [`/${index}`]: { get: { responses: answers('Pet') } } },
      { Pet: pet, Cat: { type } },
    ),
  )
  const { components } = await merged(documents)
  expect(components.schemas?.['Pet_b']).toEqual({
    oneOf: [ref('Cat_b')],
    discriminator: { propertyName: 'kind', mapping: { cat: `${pointer}_b` } },
    example: pointer,
  })
})

test('schemas used only by omitted operations are omitted', async () => {
  const operation = { '/x': { get: { responses: answers('X') } } }
  const a = documentOf(operation, { X: { type: 'string' } })
  const b = documentOf(operation, { X: { type: 'number' } })
  expect((await merged([a, b])).components.schemas).toEqual({ X: { type: 'string' } })
})

test('run operations are described as accepting JSON beside the form', async () => {
  const form = { 'multipart/form-data': { schema: ref('X') } }
  const operation = { requestBody: { content: form, required: true }, responses: answers('X') }
  const parameters = [{ name: 'id', in: 'path', required: true, schema: {} }]
  const item = { parameters, post: operation }
  const described = {
    ...operation,
    requestBody: { ...operation.requestBody, description: 'Ours.' },
  }
  const a = documentOf(
    {
      '/agents/{id}/runs': item,
      '/teams/{id}/runs': { parameters, post: described },
      '/workflows/{id}/runs': { parameters, post: { responses: answers('X') } },
      '/knowledge/{id}/content': item,
    },
    { X: {} },
  )
  const { paths } = await merged([a])
  const bodyAt = (path: string) => paths[path]?.['post']?.['requestBody']
  const description = 'A JSON object with the same fields, without files, is accepted too.'
  const marked = { content: form, required: true, description, 'x-agentos-gateway-json': true }
  expect(bodyAt('/agents/{id}/runs')).toEqual(marked)
  expect(bodyAt('/teams/{id}/runs')).toMatchObject({ description: `Ours. ${description}` })
  expect(bodyAt('/workflows/{id}/runs')).toBeUndefined()
  expect(bodyAt('/knowledge/{id}/content')).toEqual({ content: form, required: true })
})

test('every operation id in the merged document is unique', async () => {
  const operation = { operationId: 'get_config', responses: answers('X') }
  const a = documentOf(
    {
      '/config': { get: operation },
      '/c/{v}': {
        get: { ...operation, parameters: [{ name: 'v', in: 'path', required: true, schema: {} }] },
      },
    },
    { X: {} },
  )
  const { paths } = await merged([a])
  const ids = Object.values(paths).map((item) => item['get']?.['operationId'])
  expect(ids).toEqual(['get_config', 'get_config_c_v_get'])
})

test('a conflicting custom path appears below its upstream with its parameters', async () => {
  const parameters = [{ name: 'q', in: 'query', schema: {} }]
  const a = documentOf({ '/custom': { parameters, get: { responses: answers('X') } } }, { X: {} })
  const { paths } = await merged([a, documentOf({})])
  expect(Object.keys(paths)).toEqual(['/upstreams/a/custom'])
  expect(paths['/upstreams/a/custom']?.['get']).toMatchObject({ parameters })
})

test('equally named security schemes of different upstreams stay separate', async () => {
  const keyed = (name: string) => ({
    schemas: { X: {} },
    securitySchemes: { key: { type: 'apiKey', in: 'header', name } },
  })
  const operation = { responses: answers('X'), security: [{ key: [] }] }
  const [a, b] = ['x-a', 'x-b'].map((name, index) =>
    documentOf({ [`/${index}`]: { get: operation } }, {}, { components: keyed(name) }),
  )
  const { paths, components } = await merged([a as object, b as object])
  expect(paths['/1']?.['get']).toMatchObject({ security: [{ key_b: [] }] })
  expect(Object.keys(components.securitySchemes)).toEqual(['key', 'key_b', 'HTTPBearer'])
})

test('operations require a bearer token exactly where a token has an effect', async () => {
  const operation = { responses: answers('X'), security: [{ HTTPBearer: [] }] }
  const open = { responses: answers('X') }
  const a = documentOf(
    { '/x': { get: operation, post: open }, '/health': { get: open } },
    { X: {} },
  )
  const keys = [{ alg: 'HS256', secret: 'x'.repeat(40) }]
  const { paths } = await merged([a], { auth: { mode: 'jwt', keys } })
  expect(paths['/x']?.['post']).toMatchObject({ security: [{ HTTPBearer: [] }] })
  expect(paths['/health']?.['get']).not.toHaveProperty('security')
  const upstreams = [{ name: 'a', url: 'http://127.0.0.1:1', credentials: 'none' }]
  const closed = await merged([a], { upstreams })
  expect(closed.paths['/x']?.['get']).not.toHaveProperty('security')
})

test('schema names such as __proto__ do not pollute JavaScript objects', async () => {
  const text = JSON.stringify(documentOf({ '/x': { get: { responses: answers('X') } } }, { X: {} }))
  const hostile = text.replace('"schemas":{', '"schemas":{"__proto__":{"polluted":true},')
  const nested = hostile.replace('"components":{', '"components":{"__proto__":{"polluted":{}},')
  const { paths } = await merged([JSON.parse(nested) as object])
  expect(Object.keys(paths)).toEqual(['/x'])
  expect({}).not.toHaveProperty('polluted')
})

test.each([null, [], {}, { openapi: '2.0', paths: {} }, { openapi: '3.1.0' }, { swagger: '2.0' }])(
  'the value %j is not accepted as an OpenAPI document',
  (value) => {
    expect(isOpenApi(value)).toBe(false)
  },
)
