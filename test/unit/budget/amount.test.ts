import { expect, test } from 'vitest'
import { amountOf, costOf, excess } from '../../../src/budget/amount.ts'

test.each([
  [{ input_tokens: 10, output_tokens: 4, total_tokens: 14 }, 14],
  [{ input_tokens: 10 }, 10],
  [{ total_tokens: 7 }, 7],
  [{ input_tokens: -5, output_tokens: 4 }, 4],
  [{ input_tokens: Number.NaN, output_tokens: Number.POSITIVE_INFINITY }, 0],
  [{ input_tokens: '10', output_tokens: 1.5 }, 0],
  [{ input_tokens: 1e300, output_tokens: 1 }, 1e12],
  [{}, 0],
])('the metrics %j have the tokens %d', (metrics, tokens) => {
  expect(amountOf(metrics).tokens).toBe(tokens)
})

test.each([
  [0.1, 0.1],
  [1e-9, 0],
  [-1, 0],
  [Number.NaN, 0],
  ['5', 0],
  [1e300, 1e6],
])('the cost %j counts as %d', (cost, counted) => {
  expect(costOf(amountOf({ cost }))).toBe(counted)
})

test('costs add up without rounding', () => {
  const { microCost } = amountOf({ cost: 0.1 })
  expect(costOf({ tokens: 0, microCost: 3 * microCost })).toBe(0.3)
})

test('an excess is never negative', () => {
  const less = { tokens: 1, microCost: 1 }
  expect(excess(less, { tokens: 2, microCost: 0 })).toEqual({ tokens: 0, microCost: 1 })
})
