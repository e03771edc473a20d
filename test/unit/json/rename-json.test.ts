import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Rename } from '../../../src/json/rename-json.ts'
import { renameJson } from '../../../src/json/rename-json.ts'

const prefixing: Rename = (key, value) => (key === 'agent_id' ? `eu-${value}` : undefined)

test('renaming changes only the renamed values and no other byte', () => {
  const text = '{ "agent_id" : "a\\u0062", "n":1.0, "x": [ {"agent_id":"c"} , 2e3 ] }\n'
  expect(renameJson(text, prefixing)).toBe(
    '{ "agent_id" : "eu-ab", "n":1.0, "x": [ {"agent_id":"eu-c"} , 2e3 ] }\n',
  )
})

test('text without a renamed value is returned unchanged', () => {
  fc.assert(
    fc.property(fc.json(), fc.boolean(), (text, isShallow) => {
      expect(renameJson(text, () => undefined, { isShallow })).toBe(text)
    }),
  )
})

test('renaming the text gives the same as renaming the parsed value', () => {
  const renamed = (value: unknown, key = ''): unknown => {
    if (typeof value === 'string') return key === '' ? value : `${key}:${value}`
    if (Array.isArray(value)) return value.map((item) => renamed(item, key))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, renamed(item, name)]),
    )
  }
  const keys = fc.constantFrom('a', 'b c', 'd"e', 'f\\')
  const values = fc.letrec<{ any: unknown }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 5 },
      fc.string({ unit: 'grapheme' }),
      fc.double({ noNaN: true }),
      fc.constantFrom(null, true),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(keys, tie('any'), { maxKeys: 3 }),
    ),
  })).any
  fc.assert(
    fc.property(values, fc.constantFrom(0, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      const result = renameJson(text, (key, said) => `${key}:${said}`)
      expect(JSON.parse(result)).toEqual(JSON.parse(JSON.stringify(renamed(value))))
    }),
  )
})

test("ids inside the user's own data are not renamed", () => {
  const text =
    '{"session_state":{"agent_id":"a"},"metadata":["agent_id"],"input":"x","schema":null}'
  expect(renameJson(text, prefixing)).toBe(text)
})

test('a shallow renaming changes only top-level members', () => {
  const text = '{"agent_id":"a","tool":{"agent_id":"b"},"list":[{"agent_id":"c"}, "]"]}'
  expect(renameJson(text, prefixing, { isShallow: true })).toBe(
    '{"agent_id":"eu-a","tool":{"agent_id":"b"},"list":[{"agent_id":"c"}, "]"]}',
  )
})

test('ids nested too deeply are left unchanged', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}{"agent_id":"a"}${']'.repeat(depth)}`
  expect(renameJson(nested(99), prefixing)).toContain('eu-a')
  expect(renameJson(nested(5_000), prefixing)).toBe(nested(5_000))
})

test('the rename callback receives the enclosing member, across arrays', () => {
  const told: string[] = []
  const note: Rename = (key, value, owner) => {
    told.push(`${owner}.${key}=${value}`)
    return undefined
  }
  renameJson('{"agents":[{"id":"a"}],"team":{"id":"t","members":[{"id":"m"}]}}', note)
  renameJson('[{"id":"x"}]', note, { owner: 'agents' })
  expect(told).toEqual(['agents.id=a', 'team.id=t', 'members.id=m', 'agents.id=x'])
})

/** Tokens of JSON in random order. */
const almostJson = fc.string({
  unit: fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', 'agent_id', '1', ' ', 'null'),
  maxLength: 40,
})

test('renaming invalid JSON always ends and leaves it unchanged', () => {
  for (const text of [
    '',
    '{',
    '{"agent_id"',
    '{"agent_id":',
    '{"agent_id":"a"',
    '["a',
    '{]',
    '[}',
    '{"a":"\\x"}',
  ])
    expect(renameJson(text, prefixing)).toBe(text)
  fc.assert(
    fc.property(almostJson, fc.boolean(), (text, isShallow) => {
      expect(renameJson(text, () => undefined, { isShallow })).toBe(text)
    }),
    { numRuns: 5_000 },
  )
})
