import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readPage } from '../../../src/merge/pages.ts'
import {
  mergedCount,
  mergedMetrics,
  mergedRows,
  mergedStats,
  mergedUnion,
} from '../../../src/merge/sums.ts'

test('topic lists of several upstreams are united', () => {
  expect(mergedUnion([['a', 'b'], ['b', 'c'], null])).toEqual(['a', 'b', 'c'])
})

test('counts of several upstreams are summed', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { minLength: 1 }), (counts) => {
      const answers = counts.map((count) => ({ count }))
      expect(mergedCount(answers)).toEqual({ count: counts.reduce((a, b) => a + b) })
    }),
  )
})

test('queue sizes are summed and the oldest age is kept', () => {
  const a = { counts: { queued: 1, failed: 2 }, oldest_queued_age_seconds: 5 }
  const b = { counts: { queued: 3 }, oldest_queued_age_seconds: 9 }
  expect(mergedStats([a, b])).toEqual({
    counts: { queued: 4, failed: 2 },
    oldest_queued_age_seconds: 9,
  })
})

const day = (date: string, runs: number, models: object[] = []) => ({
  id: `${date}_daily`,
  agent_runs_count: runs,
  users_count: 1,
  token_metrics: { input_tokens: runs * 10 },
  model_metrics: models,
  date: `${date}T00:00:00Z`,
  updated_at: `${date}T0${runs}:00:00Z`,
})

test('usage figures are summed by day and by model', () => {
  const gpt = (count: number) => ({ model_id: 'gpt', model_provider: 'OpenAI', count })
  const other = { model_id: 'x', model_provider: 'Y', count: 7 }
  const merged = mergedMetrics([
    { metrics: [day('2026-01-02', 1, [gpt(1)])], updated_at: '2026-01-02T01:00:00Z' },
    { metrics: [day('2026-01-01', 2), day('2026-01-02', 3, [other, gpt(2)])], updated_at: null },
  ])
  expect(merged).toEqual({
    metrics: [
      day('2026-01-01', 2),
      {
        ...day('2026-01-02', 4, [gpt(3), other]),
        users_count: 2,
        updated_at: '2026-01-02T03:00:00Z',
      },
    ],
    updated_at: '2026-01-02T01:00:00Z',
  })
})

test('rows of one user are merged, sorted again and counted once', () => {
  const row = (user_id: string, total_memories: number, last: number) => ({
    user_id,
    total_memories,
    last_memory_updated_at: last,
  })
  const list = (...rows: object[]) =>
    readPage(JSON.stringify({ data: rows, meta: { total_count: rows.length } }), 'data')
  const lists = [list(row('u1', 1, 5), row('u2', 1, 4)), list(row('u3', 2, 6), row('u2', 3, 7))]
  const text = mergedRows(
    lists.filter((one) => one !== undefined),
    'data',
    { page: 1, limit: 2 },
    {
      order: { by: ['last_memory_updated_at'], isDescending: true },
      rows: { by: 'user_id', latest: ['last_memory_updated_at'] },
    },
  )
  expect(JSON.parse(text)).toEqual({
    data: [row('u2', 4, 7), row('u3', 2, 6)],
    meta: { page: 1, limit: 2, total_pages: 2, total_count: 3 },
  })
})
