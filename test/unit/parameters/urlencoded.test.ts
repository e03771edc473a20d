import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodedPairs, encodedPairs } from '../../../src/parameters/urlencoded.ts'

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('é', '😀', '%', '+', '&', '='))

test('a form is encoded as URLSearchParams encodes it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(text, text)), async (pairs) => {
      const expected = new URLSearchParams(pairs).toString()
      expect((await encodedPairs(pairs)).toString()).toBe(expected)
    }),
  )
})

test('a form is decoded as URLSearchParams decodes it', async () => {
  const pieces = fc.constantFrom('a', '=', '&', '%', '%4', '%41', '%zz', '+', '%C3%A9', '%ff')
  await fc.assert(
    fc.asyncProperty(fc.array(pieces), async (parts) => {
      const form = parts.join('')

      const expected = [...new URLSearchParams(form)]
      expect(await decodedPairs(Buffer.from(form))).toEqual(expected)
    }),
  )
})

test('a long value survives encoding and decoding in turns', async () => {
  const pairs: [string, string][] = [['long', '😀é&'.repeat(100_000)]]
  expect(await decodedPairs(await encodedPairs(pairs))).toEqual(pairs)
})
