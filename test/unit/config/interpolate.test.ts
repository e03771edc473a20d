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
  ])('makes %j into %j', (text, expected) => {
    expect(interpolateText(text, ENV)).toEqual({ text: expected })
  })

  test.each(['${', '${}', '${A', '${A-b}', '${1A}', '${A:b}', '${A b}', 'x ${'])(
    'refuses %j and says how to write it',
    (text) => {
      expect(interpolateText(text, ENV)).toEqual({
        problems: ['broken reference, write ${NAME} or ${NAME:-default}, or $${ for a plain ${'],
      })
    },
  )

  test('names each variable that is missing', () => {
    expect(interpolateText('${B}${C}', ENV)).toEqual({
      problems: [
        'the environment variable B is not set, and has no default (${B:-…})',
        'the environment variable C is not set, and has no default (${C:-…})',
      ],
    })
  })

  test('does not take what every object inherits for a variable', () => {
    expect(interpolateText('${constructor:-none}', {})).toEqual({ text: 'none' })
  })

  test('any value comes through a reference unchanged', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (value, other) => {
        const around = other.replaceAll('${', '')
        expect(interpolateText(`\${V}|${around}`, { V: value })).toEqual({
          text: `${value}|${around}`,
        })
      }),
    )
  })

  test('any text comes through when its references are escaped', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('$', '{', '}', 'A', ':', '-') }), (text) => {
        // A `$` right before `${` can't be told from an escape, so such texts are left out.
        fc.pre(!text.includes('$${'))
        expect(interpolateText(text.replaceAll('${', '$$${'), {})).toEqual({ text })
      }),
    )
  })
})

describe('interpolate', () => {
  test('replaces in lists and mappings, and leaves keys, numbers and empty texts alone', () => {
    const document = { '${A}': ['${A}', 1, null, true, { b: 'x${A}' }], empty: '' }
    expect(interpolate(document, ENV)).toEqual({
      value: { '${A}': ['one', 1, null, true, { b: 'xone' }], empty: '' },
      issues: [],
    })
  })

  test('makes a text that comes out empty null', () => {
    expect(interpolate({ a: '${EMPTY}', b: '${NONE:-}' }, ENV).value).toEqual({ a: null, b: null })
  })

  test('gives the path of each problem and keeps the text', () => {
    const { value, issues } = interpolate({ a: [{ b: '${B}' }] }, ENV)
    expect(value).toEqual({ a: [{ b: '${B}' }] })
    expect(issues.map(({ path }) => path)).toEqual([['a', 0, 'b']])
  })
})
