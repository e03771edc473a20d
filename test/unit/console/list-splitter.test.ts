import { expect, test } from 'vitest'
import { ListSplitter } from '../../../console/state/list-splitter.ts'

/** Reads a text that arrives in pieces of this many characters. */
function itemsOf(text: string, characters = 1_000_000): unknown[] {
  const items: unknown[] = []
  const splitter = new ListSplitter((item) => items.push(item))
  for (let start = 0; start < text.length; start += characters) {
    splitter.add(text.slice(start, start + characters))
  }
  splitter.end()
  return items
}

const LISTS: readonly unknown[][] = [
  [],
  [1],
  [null, true, -1.5e3, ''],
  [{ a: [1, [2, { b: ',' }]], c: '[{' }, [], {}, [[]]],
  ['a "quoted", text', 'a path \\', '\\", ', 'äöü 🎉, ]', '\u2028'],
]

test.each(LISTS)('a list is read whole in pieces of any size', (...list) => {
  for (const text of [JSON.stringify(list), JSON.stringify(list, undefined, 2)]) {
    for (let size = 1; size <= text.length; size++) {
      expect(itemsOf(text, size)).toEqual(list)
    }
  }
})

test('a list with a long item and many short ones is read whole', () => {
  const list = [...Array(20_000).keys(), 'x,'.repeat(100_000), { last: true }]
  expect(itemsOf(JSON.stringify(list), 10_007)).toEqual(list)
})

test.each(['{"a":[1,2]}', 'null', '"[1,2]"', ' 7 '])('%s has no items', (text) => {
  expect(itemsOf(text, 1)).toEqual([])
})

test.each([
  '',
  '[',
  '[1',
  '[1,',
  '[1,]',
  '[,1]',
  '[1,,2]',
  '[1] x',
  '[1],[2,3]',
  '{',
  'nonsense',
  '[1}',
])('the text "%s" is refused', (text) => {
  for (const size of [1, 2, 100]) expect(() => itemsOf(text, size)).toThrow(SyntaxError)
})
