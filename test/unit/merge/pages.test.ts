import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareItems, mergeSorted } from '../../../src/merge/order.ts'
import { appended, itemsNeeded, mergedPage, readPage } from '../../../src/merge/pages.ts'

interface Row {
  readonly id: string
  readonly created_at: string | number | null
}

/** Returns the response of one database for one page. */
function answer(rows: readonly Row[], page: number, limit: number): string {
  return JSON.stringify({
    data: rows.slice((page - 1) * limit, page * limit),
    meta: {
      page,
      limit,
      total_pages: Math.ceil(rows.length / limit),
      total_count: rows.length,
      search_time_ms: 1,
    },
  })
}

const instants = fc
  .integer({ min: 0, max: 50 })
  .map((second) => new Date(Date.UTC(2026, 0, 1) + second * 500).toISOString())
const keys = fc.oneof(instants, fc.constant(null))
const databases = fc
  .array(fc.array(keys, { maxLength: 30 }), { minLength: 1, maxLength: 5 })
  .map((all) =>
    all.map((rows, db) => rows.map((created_at, n) => ({ id: `${db}-${n}`, created_at }))),
  )
const wanted = fc.record({
  page: fc.integer({ min: 1, max: 8 }),
  limit: fc.integer({ min: 1, max: 12 }),
})

test('a merged page equals the page of one flat list', () => {
  fc.assert(
    fc.property(databases, wanted, fc.boolean(), (dbs, { page, limit }, isDescending) => {
      const order = { by: ['created_at'], isDescending }
      const compare = compareItems(order)
      const needed = itemsNeeded({ page, limit })
      const lists = dbs.map((rows) => {
        const sorted = rows.toSorted(compare)
        return readPage(answer(sorted, 1, needed), 'data')
      })
      const merged = JSON.parse(
        mergedPage(
          lists.filter((list) => list !== undefined),
          'data',
          { page, limit },
          order,
        ),
      ) as unknown
      const flat = dbs.flat().toSorted(compare)
      expect(merged).toEqual(JSON.parse(answer(flat, page, limit)))
    }),
  )
})

test('all merged pages together contain each item exactly once', () => {
  fc.assert(
    fc.property(databases, fc.integer({ min: 1, max: 9 }), (dbs, limit) => {
      const order = { by: ['created_at'], isDescending: true }
      const total = dbs.flat().length
      const seen: string[] = []
      for (let page = 1; page <= Math.ceil(total / limit); page++) {
        const lists = dbs.map((rows) => {
          const text = answer(rows.toSorted(compareItems(order)), 1, itemsNeeded({ page, limit }))
          return readPage(text, 'data')
        })
        const text = mergedPage(
          lists.filter((list) => list !== undefined),
          'data',
          { page, limit },
          order,
        )
        seen.push(...(JSON.parse(text) as { data: Row[] }).data.map(({ id }) => id))
      }
      expect(seen.toSorted()).toEqual(
        dbs
          .flat()
          .map(({ id }) => id)
          .toSorted(),
      )
    }),
  )
})

test('merging keeps the order inside each list, sorted or not', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.integer())), (lists) => {
      const tagged = lists.map((list, from) => list.map((value, at) => ({ value, from, at })))
      const merged = mergeSorted(tagged, (a, b) => a.value - b.value)
      expect(merged).toHaveLength(lists.flat().length)
      for (const [from] of lists.entries()) {
        const places = merged.filter((item) => item.from === from).map(({ at }) => at)
        expect(places).toEqual(places.toSorted((a, b) => a - b))
      }
    }),
  )
})

test('timestamps are compared as instants in every notation', () => {
  const compare = compareItems({ by: ['at'], isDescending: false })
  expect(compare({ at: '2026-01-01T00:00:00Z' }, { at: '2026-01-01T00:00:00.5Z' })).toBeLessThan(0)
  expect(compare({ at: '2026-01-01T02:00:00+02:00' }, { at: '2026-01-01T00:00:01Z' })).toBeLessThan(
    0,
  )
  expect(compare({ at: 9 }, { at: 10 })).toBeLessThan(0)
})

test('a row without updated_at is sorted by created_at', () => {
  const compare = compareItems({ by: ['updated_at'], isDescending: false })
  expect(compare({ updated_at: null, created_at: 5 }, { updated_at: 4 })).toBeGreaterThan(0)
})

test('a response that is no page is not read as one', () => {
  expect(readPage('{"data": {}}', 'data')).toBeUndefined()
  expect(readPage('null', 'data')).toBeUndefined()
  expect(readPage('{"data": [], "meta": {}}', 'data')).toBeUndefined()
})

test('members beside the items are taken from the first upstream', () => {
  const text = '{"namespace": "n", "entries": [{"n": 1}], "meta": {"total_count": 1, "x": 1.0}}'
  const list = readPage(text, 'entries')
  const merged =
    list && mergedPage([list, appended(list, list)], 'entries', { page: 0, limit: 9 }, undefined)
  expect(merged).toBe(
    '{"namespace":"n","entries":[{"n": 1},{"n": 1},{"n": 1}],"meta":{"total_count":2,"x":1.0,"page":0,"limit":9,"total_pages":1}}',
  )
})
