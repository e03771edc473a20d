import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { interpolate, interpolateText } from '../../../config/interpolate.ts'

const ENV = { A: 'one', EMPTY: '', TRICKY: '${A} $${A}', DIGITS: '0123' }

describe('interpolateText', () => {
  test.each([
    ['${A}', 'one'],
    ['x${A}y${A}', 'xoneyone'],
    ['${NONE:-two}', 'two'],
    ['${NONE:-}', ''],
    ['${EMPTY:-two}', 'two'],
    ['${EMPTY}', ''],
    ['${A:-two}', 'one'],
    ['${NONE:-http://localhost:7777/a?b=c}', 'http://localhost:7777/a?b=c'],
    ['$${A}', '${A}'],
    ['$${', '${'],
    ['$$${A}', '$${A}'],
    ['$A and $5 and $$', '$A and $5 and $$'],
    ['${TRICKY}', '${A} $${A}'],
    ['${DIGITS}', '0123'],
    ['no reference', 'no reference'],
  ])('interpolation turns %j into %j', (text, expected) => {
    expect(interpolateText(text, ENV)).toEqual({ text: expected })
  })

  test.each(['${', '${}', '${A', '${A-b}', '${1A}', '${A:b}', '${A b}', 'x ${'])(
    'the broken reference %j is refused with the right notation',
    (text) => {
      expect(interpolateText(text, ENV)).toEqual({
        problems: ['invalid reference: write ${NAME} or ${NAME:-default}, or $${ for the text ${'],
      })
    },
  )

  test('every missing environment variable is named', () => {
    expect(interpolateText('${B}${C}', ENV)).toEqual({
      problems: [
        'the environment variable B is not set and has no default (${B:-…})',
        'the environment variable C is not set and has no default (${C:-…})',
      ],
    })
  })

  test('inherited object properties are not taken for environment variables', () => {
    expect(interpolateText('${constructor:-none}', {})).toEqual({ text: 'none' })
  })

  test('any value of a variable is inserted unchanged', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (value, other) => {
        const around = other.replaceAll('${', '')
        expect(interpolateText(`\${V}|${around}`, { V: value })).toEqual({
          text: `${value}|${around}`,
        })
      }),
    )
  })

  test('any text with escaped references is kept unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('$', '{', '}', 'A', ':', '-') }), (text) => {
        // A `$` right before `${` reads like an escape, so such texts are left out.
        fc.pre(!text.includes('$${'))
        expect(interpolateText(text.replaceAll('${', '$$${'), {})).toEqual({ text })
      }),
    )
  })
})

describe('interpolate', () => {
  test('interpolation covers lists and mappings but not keys, numbers or empty texts', () => {
    const document = { '${A}': ['${A}', 1, null, true, { b: 'x${A}' }], empty: '' }
    expect(interpolate(document, ENV)).toEqual({
      value: { '${A}': ['one', 1, null, true, { b: 'xone' }], empty: '' },
      issues: [],
    })
  })

  test('a reference that results in an empty text becomes null', () => {
    expect(interpolate({ a: '${EMPTY}', b: '${NONE:-}' }, ENV).value).toEqual({ a: null, b: null })
  })

  test('each interpolation problem carries its path and leaves the text unchanged', () => {
    const { value, issues } = interpolate({ a: [{ b: '${B}' }] }, ENV)
    expect(value).toEqual({ a: [{ b: '${B}' }] })
    expect(issues.map(({ path }) => path)).toEqual([['a', 0, 'b']])
  })
})
