import { expect, test } from 'vitest'
import { costOf, spentIn, tokenCount } from '../../../src/usage/spent.ts'

test.each([
  [{ input_tokens: 10, output_tokens: 4, total_tokens: 14 }, 14],
  [{ input_tokens: 10 }, 10],
  [{ total_tokens: 7 }, 7],
  [{ input_tokens: -5, output_tokens: 4 }, 4],
  [{ input_tokens: Number.NaN, output_tokens: Number.POSITIVE_INFINITY }, 0],
  [{ input_tokens: '10', output_tokens: 1.5 }, 0],
  [{ input_tokens: 1e300, output_tokens: 1 }, 1e12],
  [{ input_tokens: 1e300, output_tokens: 1e300 }, 1e12],
  [{}, 0],
])('the metrics %j have the tokens %d', (metrics, tokens) => {
  expect(tokenCount(spentIn(metrics))).toBe(tokens)
})

test.each([
  [0.1, 0.1],
  [1e-9, 0],
  [-1, 0],
  [Number.NaN, 0],
  ['5', 0],
  [1e300, 1e6],
])('the cost %j counts as %d', (cost, counted) => {
  expect(costOf(spentIn({ cost }))).toBe(counted)
})

test('costs add up without rounding', () => {
  const { microCost } = spentIn({ cost: 0.1 })
  expect(costOf({ microCost: 3 * microCost })).toBe(0.3)
})
