import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseJson, TooManyValuesError } from '../../../src/json/parse.ts'

test('a text of any length has the value that JSON.parse gives', async () => {
  await fc.assert(
    fc.asyncProperty(fc.json(), fc.boolean(), async (json, isLong) => {
      const text = isLong ? `[${json},"${'x'.repeat(140_000)}"]` : json
      expect(await parseJson(Buffer.from(text))).toEqual(JSON.parse(text))
    }),
  )
  const odd = `{"__proto__":{"a":1},"a":1,"a":2,"x":[${'[],'.repeat(200)}0]}`
  expect(JSON.stringify(await parseJson(Buffer.from(odd)))).toBe(JSON.stringify(JSON.parse(odd)))
})

test.each(['', '{', '[1,]', 'nul', `${'['.repeat(101)}${']'.repeat(101)}`])(
  'the text %s is refused with a SyntaxError',
  async (text) => {
    await expect(parseJson(Buffer.from(text))).rejects.toThrow(SyntaxError)
  },
)

test.each([
  ['short', '[1,{"a":2}]', 4],
  ['of few bytes for each value', `[${'1,'.repeat(99)}1]`, 101],
  ['long', `{"a":["${'x'.repeat(200_000)}",1]}`, 4],
])(
  'A text that is %s may have as many values as its reader accepts',
  async (_what, text, count) => {
    const bytes = Buffer.from(text)
    expect(await parseJson(bytes, count)).toEqual(JSON.parse(text))
    const refused = await parseJson(bytes, count - 1).catch((error: Error) => error.cause)
    expect(refused).toBeInstanceOf(TooManyValuesError)
  },
)

test('a long text is read in many turns of the event loop', async () => {
  let turns = 0
  const ticking = setInterval(() => turns++, 0)
  await parseJson(Buffer.from(`[${'{"a":[1,2.5,"x"]},'.repeat(300_000)}0]`))
  clearInterval(ticking)
  expect(turns).toBeGreaterThan(5)
})
