import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fromJSONSchema } from 'zod'
import { withConfigSchema } from '../../../config/chart-values.ts'
import { fileJsonSchema, type JsonSchema } from '../../../config/json-schema.ts'
import { loadConfig } from '../../../config/load.ts'
import { withReference } from '../../../config/reference.ts'
import { parseYaml } from '../../../config/yaml-document.ts'

const EXAMPLE = 'config/gateway.example.yaml'
const DEMO = 'config/gateway.demo.yaml'
const SECRETS = { SUPPORT_TOKEN: 'token', JWT_SECRET_KEY: 'secret' }

/** Every key of the schema by its path, such as `upstreams[].url`. */
function keysOf(schema: JsonSchema, path = ''): [path: string, schema: JsonSchema][] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const place = path === '' ? key : `${path}.${key}`
    const entry: [string, JsonSchema] = [place, value]
    return [entry, ...keysOf(value, place)]
  })
  const items = schema.items === undefined ? [] : keysOf(schema.items, `${path}[]`)
  return [...own, ...items, ...(schema.anyOf ?? []).flatMap((each) => keysOf(each, path))]
}

describe('what is generated from the schema (npm run schema)', () => {
  test('gateway.schema.json is fresh', () => {
    const text = readFileSync('config/gateway.schema.json', 'utf8')
    expect(text).toBe(`${JSON.stringify(fileJsonSchema(), null, 2)}\n`)
  })

  test('the tables of docs/configuration.md are fresh', () => {
    const page = readFileSync('docs/configuration.md', 'utf8')
    expect(withReference(page, fileJsonSchema())).toBe(page)
  })

  test('the schema of the Helm chart holds that of its config', () => {
    const text = readFileSync('deploy/helm/agentos-gateway/values.schema.json', 'utf8')
    expect(withConfigSchema(text, fileJsonSchema())).toBe(text)
  })

  test('a page without markers is refused', () => {
    expect(() => withReference('# Configuration', {})).toThrow(/in the page$/)
  })

  test('every key has a description that ends like a sentence', () => {
    const keys = keysOf(fileJsonSchema())
    expect(keys.length).toBeGreaterThan(60)
    expect(keys.filter(([, { description }]) => !description?.endsWith('.'))).toEqual([])
  })

  test('editors flag unknown keys and wrong values, and let references be', () => {
    const schema = fromJSONSchema(fileJsonSchema() as Parameters<typeof fromJSONSchema>[0])
    const accepts = (document: object): boolean => schema.safeParse(document).success
    expect(accepts({ listen: { port: 8080 }, log: { level: 'info' } })).toBe(true)
    expect(accepts({ listen: { port: '${PORT}' }, log: { level: '${LEVEL:-info}' } })).toBe(true)
    expect(accepts({ listen: { prot: 8080 } })).toBe(false)
    expect(accepts({ log: { level: 'loud' } })).toBe(false)
    expect(accepts({ upstreams: [{ url: 'http://a' }] })).toBe(false)
    expect(accepts({ upstreams: [{ name: 'a', credentials: 'pass' }] })).toBe(false)
  })
})

describe('the files beside it', () => {
  test.each([EXAMPLE, DEMO])('%s points editors to the schema and satisfies it', (file) => {
    const text = readFileSync(file, 'utf8')
    expect(text).toMatch(/^# yaml-language-server: \$schema=gateway\.schema\.json\n/)
    const parsed = parseYaml(text)
    const schema = fromJSONSchema(fileJsonSchema() as Parameters<typeof fromJSONSchema>[0])
    expect(schema.safeParse('document' in parsed && parsed.document.value).error).toBeUndefined()
  })

  test('the example loads and shows every key', () => {
    const config = loadConfig(EXAMPLE, SECRETS)
    expect(config.upstreams.map(({ name }) => name)).toEqual([
      'research',
      'support',
      'facts',
      'fact-checker',
      'summarizer',
    ])
    expect(config.components.map(({ id }) => id)).toEqual([
      'fact-checker',
      'summarizer',
      'triage',
      'refund',
      'facts',
    ])
    const text = readFileSync(EXAMPLE, 'utf8')
    const names = keysOf(fileJsonSchema()).map(([path]) => path.split('.').at(-1) ?? '')
    const missing = names.filter((name) => name !== '$schema' && !text.includes(`${name}:`))
    expect(missing.filter((name) => !text.includes(`or ${name}`))).toEqual([])
  })

  test('the example shows the defaults of the keys without an owner', () => {
    const example = loadConfig(EXAMPLE, SECRETS)
    const { id, name, description, upstreams, components, auth, ...defaults } = loadConfig(DEMO, {})
    expect(example).toMatchObject(defaults)
    expect(example.id).toBe('agentos-gateway')
  })

  test('the demo needs no variable and takes some', () => {
    expect(loadConfig(DEMO, {}).upstreams.map(({ urls }) => urls)).toEqual([
      ['http://localhost:7777'],
      ['http://localhost:7778'],
    ])
    const env = { PORT: '9000', FIRST_AGENTOS_URL: 'https://one.example.com' }
    const config = loadConfig(DEMO, env)
    expect(config.listen.port).toBe(9000)
    expect(config.upstreams[0]?.urls).toEqual(['https://one.example.com'])
  })
})
