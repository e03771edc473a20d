import { expect, test } from 'vitest'
import { KeyedCounter } from '../../../src/limits/keyed-counter.ts'

test('a counter refuses a claim above its limit', () => {
  const counter = new KeyedCounter()
  expect([1, 2, 3].map(() => counter.acquire([['a', 2]]))).toEqual([true, true, false])
  counter.release(['a'])
  expect(counter.acquire([['a', 2]])).toBe(true)
})

test('a counter grants all claims of a request or none', () => {
  const counter = new KeyedCounter()
  counter.acquire([['full', 1]])
  expect(
    counter.acquire([
      ['free', 1],
      ['full', 1],
    ]),
  ).toBe(false)
  expect(counter.count('free')).toBe(0)
})

test('a counter forgets a key that has no claims left', () => {
  const counter = new KeyedCounter()
  counter.acquire([['a', 9]])
  counter.acquire([['a', 9]])
  counter.release(['a'], 2)
  expect([...counter.entries()]).toEqual([])
})
