/** Tests the message for a wrong value at every key of the schema: position, expected value, and lines that are valid. */
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { ConfigError } from '../../../config/config-error.ts'
import { fileJsonSchema, type JsonSchema } from '../../../config/json-schema.ts'
import { resolved } from '../../../config/known-keys.ts'
import { loadConfigText } from '../../../config/load.ts'
import { UPSTREAM } from './support.ts'

/** A key of the schema, and a document that has a given value at it. */
interface Place {
  readonly path: string
  readonly documentWith: (value: unknown) => Record<string, unknown>
}

/** Steps contain steps: one level shows all keys. */
const NESTED = /^workflows\[0\]\.steps\[0\]\.(?:steps|parallel|then|else|loop|choices)/

function placesIn(given: JsonSchema, { path, documentWith }: Place): Place[] {
  const schema = resolved(given)
  const own: Place[] = path === '' ? [] : [{ path, documentWith }]
  if (NESTED.test(path)) return own
  const branches = (schema.anyOf ?? [schema]).map(resolved)
  const inner = branches.flatMap((branch) => {
    const siblings = requiredOf(branch)
    const inKeys = Object.entries(branch.properties ?? {}).flatMap(([key, value]) =>
      placesIn(value, {
        path: path === '' ? key : `${path}.${key}`,
        documentWith: (one) => documentWith({ ...siblings, [key]: one }),
      }),
    )
    const inItems = branch.items
      ? placesIn(branch.items, {
          path: `${path}[0]`,
          documentWith: (one) => documentWith([one]),
        })
      : []
    const { additionalProperties: named } = branch
    const inNamed =
      typeof named === 'object'
        ? placesIn(named, {
            path: `${path}.x-one`,
            documentWith: (one) => documentWith({ 'x-one': one }),
          })
        : []
    return [...inKeys, ...inItems, ...inNamed]
  })
  return [...own, ...inner]
}

/** Values for the required keys of a mapping. */
function requiredOf({ properties = {}, required = [] }: JsonSchema): Record<string, unknown> {
  return Object.fromEntries(
    required.map((key) => {
      const { enum: words, items } = properties[key] ?? {}
      const text = key === 'path' ? '/x' : 'x'
      const plain = /url/.test(key) ? 'http://localhost:7777' : text
      return [key, words?.[0] ?? (items ? [] : plain)]
    }),
  )
}

const WRONG: readonly unknown[] = [
  'zwölf',
  'two',
  'yes',
  '',
  12,
  -1,
  1.5,
  99_999_999_999,
  true,
  [],
  [1],
  ['two'],
  { x: 'y' },
  [{ x: 'y' }],
]

/** Issues of the schema at a path, or none. */
function issuesAt(document: unknown, path: string) {
  const env = Object.fromEntries(
    [...stringify(document).matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => [
      name,
      'x'.repeat(40),
    ]),
  )
  try {
    loadConfigText(stringify(document), 'g.yaml', env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.issues.filter(
      (issue) => issue.path === path && /^(?:expected|Invalid)/.test(issue.message),
    )
  }
  return []
}

const PLACES = placesIn(fileJsonSchema(), {
  path: '',
  documentWith: (value) => ({ upstreams: [UPSTREAM], ...(value as object) }),
})

test('a wrong value at any key is explained with lines that are valid', () => {
  expect(PLACES.length).toBeGreaterThan(250)
  let explained = 0
  for (const { path, documentWith } of PLACES) {
    for (const wrong of WRONG) {
      for (const { line, message, example = [] } of issuesAt(documentWith(wrong), path)) {
        explained++
        const said = `${path}: ${JSON.stringify(wrong)} → ${message} ${example.join('\n')}`
        expect(line, said).toBeGreaterThan(0)
        expect(message, said).not.toMatch(/Invalid|received|undefined|\[object/)
        if (message.includes('did you mean') || message.includes('remove the dash')) continue
        const lines: unknown = parse(example.join('\n'))
        expect(lines, said).toBeTypeOf('object')
        const [value] = Object.values(lines as object)
        if (message.includes('takes a list')) continue
        const isShown = JSON.stringify(value).includes(String(wrong))
        if (!isShown) expect(issuesAt(documentWith(value), path), said).toEqual([])
      }
    }
  }
  expect(explained).toBeGreaterThan(1_500)
})
