import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonVisitor } from '../../../src/json/json-walk.ts'
import { DeepJsonError, JsonError, JsonWalk } from '../../../src/json/json-walk.ts'

/** Returns every token of the text with its original notation. */
function tokensOf(text: string, stepBytes = Number.POSITIVE_INFINITY): string[] {
  const bytes = Buffer.from(text)
  const tokens: string[] = []
  const visitor: JsonVisitor = {
    onOpen: (_isArray, start) => tokens.push(bytes.toString('utf8', start, start + 1)),
    onClose: (end) => tokens.push(bytes.toString('utf8', end - 1, end)),
    onKey: (start, end) => tokens.push(`${bytes.toString('utf8', start, end)}:`),
    onScalar: (start, end) => tokens.push(bytes.toString('utf8', start, end)),
  }
  const walk = new JsonWalk(bytes, visitor)
  while (!walk.step(stepBytes));
  return tokens
}

function errorOf(text: string): [string, number] | undefined {
  try {
    tokensOf(text)
    return undefined
  } catch (error) {
    if (error instanceof JsonError) return [error.message, error.at]
    throw error
  }
}

test('every token is reported in its original notation', () => {
  expect(tokensOf('\ufeff { "a" : [1.0, -2e+3,true ,{}, []], "\\u0062":"\\"" }\n')).toEqual([
    '{',
    '"a":',
    '[',
    '1.0',
    '-2e+3',
    'true',
    '{',
    '}',
    '[',
    ']',
    ']',
    '"\\u0062":',
    '"\\""',
    '}',
  ])
})

test('any JSON is walked to its end in steps of any length', () => {
  fc.assert(
    fc.property(fc.json(), fc.integer({ min: 1, max: 20 }), (text, step) => {
      expect(
        tokensOf(text, step)
          .join('')
          .replaceAll(/[:,\s]/g, ''),
      ).toBe(text.replaceAll(/[:,\s]/g, ''))
    }),
  )
})

/** Error texts of Python 3.11. */
test.each([
  ['', 'Expecting value', 0],
  ['{', 'Expecting property name enclosed in double quotes', 1],
  ['{a', 'Expecting property name enclosed in double quotes', 1],
  ['{"a"', "Expecting ':' delimiter", 4],
  ['{"a":', 'Expecting value', 5],
  ['{"a":1', "Expecting ',' delimiter", 6],
  ['{"a":1,}', 'Expecting property name enclosed in double quotes', 7],
  ['[1,]', 'Expecting value', 3],
  ['[1}', "Expecting ',' delimiter", 2],
  ['"abc', 'Unterminated string starting at', 0],
  ['"abc\\', 'Unterminated string starting at', 0],
  ['"a\nb"', 'Invalid control character at', 2],
  ['"\\x"', 'Invalid \\escape', 1],
  ['"\\u12"', 'Invalid \\uXXXX escape', 2],
  ['{} x', 'Extra data', 3],
  ['nul', 'Expecting value', 0],
  ['-', 'Expecting value', 0],
  ['{"a" 1}', "Expecting ':' delimiter", 5],
  ['[1 2]', "Expecting ',' delimiter", 3],
  ['01', 'Extra data', 1],
  ['1.', 'Extra data', 1],
])("the text %j is refused with Python's error", (text, message, at) => {
  expect(errorOf(text)).toEqual([message, at])
})

test('the walk accepts a text exactly when JSON.parse does', () => {
  const parts = [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '"',
    '\\',
    '1',
    '-',
    '.5',
    'e1',
    'true',
    'nul',
    ' ',
  ]
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 12 }), (chosen) => {
      const text = chosen.join('')
      expect(errorOf(text) === undefined).toBe(isJson(text))
    }),
    { numRuns: 5_000 },
  )
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test('JSON nested deeper than 100 levels is refused', () => {
  expect(tokensOf('['.repeat(100) + ']'.repeat(100))).toHaveLength(200)
  expect(() => tokensOf('['.repeat(101))).toThrow(DeepJsonError)
})
