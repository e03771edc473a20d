import fc from 'fast-check'
import { expect, test } from 'vitest'
import { UnorderedSet } from '../../src/unordered-set.ts'

const members = Array.from({ length: 8 }, (_, id) => ({ id }))
const byId = (set: Iterable<{ id: number }>) => [...set].map(({ id }) => id).toSorted()

test('an UnorderedSet holds the same members as a Set after any operations', () => {
  const step = fc.record({ isAdded: fc.boolean(), id: fc.nat({ max: members.length - 1 }) })
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const live = new UnorderedSet<{ id: number }>()
      const plain = new Set<{ id: number }>()
      for (const { isAdded, id } of steps) {
        const member = members[id] as { id: number }
        if (isAdded) {
          live.add(member)
          plain.add(member)
        } else expect(live.delete(member)).toBe(plain.delete(member))
        expect(live.size).toBe(plain.size)
        expect(byId(live)).toEqual(byId(plain))
      }
      for (const member of plain) live.delete(member)
    }),
  )
})

test('iterating an UnorderedSet visits remaining members once and removed ones never', () => {
  const [a, b, c, d] = members as [{ id: number }, { id: number }, { id: number }, { id: number }]
  const live = new UnorderedSet<{ id: number }>().add(a).add(b).add(c).add(d)
  const met: number[] = []
  for (const member of live) {
    met.push(member.id)
    if (member === a) live.delete(c)
    live.delete(member)
  }
  expect(met).toEqual([0, 1, 3])
  expect(live.size).toBe(0)
})

test('one object can be a member of several UnorderedSets', () => {
  const [a, b] = members as [{ id: number }, { id: number }]
  const one = new UnorderedSet<{ id: number }>().add(a).add(b)
  const other = new UnorderedSet<{ id: number }>().add(b).add(a)
  one.delete(a)
  expect([byId(one), byId(other)]).toEqual([[1], [0, 1]])
})
