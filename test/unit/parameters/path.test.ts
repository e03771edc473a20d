import { expect, test } from 'vitest'
import {
  decoded,
  normalTarget,
  percentEncoded,
  withoutEndSlashes,
} from '../../../src/parameters/path.ts'

test.each([
  ['/agents/', '/agents'],
  ['/sessions//?limit=5', '/sessions?limit=5'],
  ['/agents/echo/runs/?next=/a/', '/agents/echo/runs?next=/a/'],
  ['/%61gents/e%63ho/%72uns', '/agents/echo/runs'],
  ['/%67ateway/status', '/gateway/status'],
  ['/%75pstreams/a/x/', '/upstreams/a/x/'],
  ['/upstreams/a/%61gents/', '/upstreams/a/agents/'],
  ['/agents/%2e%2E/x', '/agents/../x'],
  ['/a%2Db%5fc%7e?x=%61', '/a-b_c~?x=%61'],
])('the normal form of %s is %s', (url, normal) => {
  expect(normalTarget(url)).toBe(normal)
  expect(normalTarget(normal)).toBe(normal)
})

test.each([
  '/',
  '//',
  '/?a=/',
  '/agents?a=/&b=%61',
  '/upstreams/a/',
  '/upstreams/a/x/?b=/',
  '/agents/a%2fb%5C%00%20%3a%C3%A9%2561',
  '/Agents/%4',
  '/%zz',
  '*',
  '',
])('the target %s already has its normal form', (url) => {
  expect(normalTarget(url)).toBe(url)
})

test.each([
  ['/agents/x/runs/', '/agents/x/runs'],
  ['/a//', '/a'],
  ['/', '/'],
  ['', ''],
])('the path %s without trailing slashes is %s', (path, normal) => {
  expect(withoutEndSlashes(path)).toBe(normal)
})

test('a path is decoded once, and an undecodable one stays unchanged', () => {
  expect(['/a', '/a%20b', '/%2561', '/%ff'].map(decoded)).toEqual(['/a', '/a b', '/%61', '/%ff'])
})

test('a lone surrogate is percent-encoded as U+FFFD', () => {
  expect(percentEncoded('a\ud800/é')).toBe('a%EF%BF%BD%2F%C3%A9')
})
