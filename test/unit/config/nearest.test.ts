import { describe, expect, test } from 'vitest'
import { editDistance, nearest } from '../../../config/nearest.ts'

describe('nearest', () => {
  const keys = ['url', 'urls', 'name', 'config_ttl', 'connect_timeout']

  test.each([
    ['urll', 'url'],
    ['nme', 'name'],
    ['configTTL', 'config_ttl'],
    ['connection-timeout', 'connect_timeout'],
  ])('the suggestion for the misspelt key %s is %s', (word, expected) => {
    expect(nearest(word, keys)).toBe(expected)
  })

  test.each(['colour', 'x', '', 'namespace'])('no key is suggested for %j', (word) => {
    expect(nearest(word, keys)).toBeUndefined()
  })

  test('nothing is suggested from an empty list of keys', () => {
    expect(nearest('a', [])).toBeUndefined()
  })
})

test.each([
  ['', '', 0],
  ['', 'abc', 3],
  ['kitten', 'sitting', 3],
  ['flaw', 'lawn', 2],
  ['prot', 'port', 1],
  ['ab', 'ba', 1],
  ['😀a', 'a', 1],
  ['a', '😀a', 1],
])('the edit distance of %j and %j is %i', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance)
})
