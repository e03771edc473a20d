import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pathFault } from '../../../src/parameters/path.ts'

describe('ambiguous paths', () => {
  test.each([
    '/a#b',
    '/a?b#c',
    '/a\\b',
    '/é',
    '/a\u0000',
    '/%zz',
    '/%ff',
    '/a/../b',
    '/a/%2E%2e',
    '/a/..;/b',
    '/a/%2e%2E;x=1/b',
    '/a/.;',
    'a',
    '*',
  ])('the path %j is refused', (path) => {
    expect(pathFault(path)).toMatchObject({ code: 'AGW_INVALID_PATH' })
  })

  test.each(['/', '/agents', '/a.b/..c/.d', '/a%20b', '/%C3%A9?x=..//%2f%00', '/a?b=c'])(
    'the path %s is accepted',
    (path) => {
      expect(pathFault(path)).toBeUndefined()
    },
  )

  test('an accepted path stays below its component after decoding and normalising', () => {
    const piece = fc.constantFrom(
      '..',
      '.',
      '%2e',
      '%2E',
      '/',
      '%2f',
      '%5c',
      '\\',
      'a',
      '%25',
      '%00',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const path = `/agents/x/${pieces.join('')}`
        if (pathFault(path) !== undefined) return
        const seen = new URL(decodeURIComponent(path).replaceAll('\\', '/'), 'http://h')
        expect(seen.pathname.startsWith('/agents/x/')).toBe(true)
      }),
      { numRuns: 5_000 },
    )
  })
})
