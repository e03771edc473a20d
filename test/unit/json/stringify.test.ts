import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stringifyJson } from '../../../src/json/stringify.ts'

test('every JSON value is written as JSON.stringify writes it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      expect(await stringifyJson(value)).toBe(JSON.stringify(value))
    }),
  )
})

test.each([
  { a: undefined, b: () => 1, c: [undefined, () => 1] },
  { at: new Date(0), bytes: Buffer.from('x') },
  { list: Array.from({ length: 2_000 }, (_, index) => ({ index })) },
])('members that JSON does not have are treated as by JSON.stringify', async (value) => {
  expect(await stringifyJson(value)).toBe(JSON.stringify(value))
})
