import fc from 'fast-check'
import { expect, test } from 'vitest'
import { arrayItems, objectMembers } from '../../../src/json/json-text.ts'

const indent = fc.constantFrom(0, 1, 2, '\t')

test('array items are cut exactly where JSON parsing separates them', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), indent, (values, space) => {
      const text = JSON.stringify(values, undefined, space)
      expect(arrayItems(text).map((item) => JSON.parse(item))).toEqual(JSON.parse(text))
    }),
  )
})

test('object members are cut exactly where JSON parsing separates them', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), indent, (value, space) => {
      const text = JSON.stringify(value, undefined, space)
      const members = [...objectMembers(text)].map(([name, member]) => [name, JSON.parse(member)])
      expect(members).toEqual(Object.entries(JSON.parse(text)))
    }),
  )
})

test("numbers, large integers and escapes keep the upstream's notation", () => {
  expect(arrayItems('[ 1.0 , 12345678901234567890, "\\u00e9\\/" ]')).toEqual([
    '1.0',
    '12345678901234567890',
    '"\\u00e9\\/"',
  ])
})

test('invalid JSON always ends, with a result or a SyntaxError', () => {
  const pieces = fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', 'a', ' ')
  fc.assert(
    fc.property(fc.string({ unit: pieces, maxLength: 40 }), (text) => {
      for (const cut of [arrayItems, objectMembers]) {
        try {
          cut(text)
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError)
        }
      }
    }),
    { numRuns: 5_000 },
  )
})
