import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pathFault, withoutTrailingSlashes } from '../../../plugins/path-guard.ts'

describe('path guard', () => {
  test.each(['/', '/agents', '/a.b/..c/.d', '/a%20b', '/%C3%A9?x=..//%2f%00', '/a?b#c'])(
    'the path guard accepts %s',
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

describe('slashes at the end of a path', () => {
  test.each([
    ['/agents/', '/agents'],
    ['/sessions//?limit=5', '/sessions?limit=5'],
    ['/agents/echo/runs/?next=/a/', '/agents/echo/runs?next=/a/'],
    ['/upstreams', '/upstreams'],
  ])('trailing slashes of %s are removed', (url, meant) => {
    expect(withoutTrailingSlashes(url)).toBe(meant)
  })

  test.each([
    '/',
    '//',
    '/?a=/',
    '/agents',
    '/agents?a=/',
    '/upstreams/a/',
    '/upstreams/a/x/?b=/',
    '*',
    '',
  ])('the slashes of %s are kept', (url) => {
    expect(withoutTrailingSlashes(url)).toBe(url)
  })
})
