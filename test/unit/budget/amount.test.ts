import { expect, test } from 'vitest'
import { excess } from '../../../src/budget/amount.ts'

test('an excess is never negative', () => {
  const less = { tokens: 1, microCost: 1 }
  expect(excess(less, { tokens: 2, microCost: 0 })).toEqual({ tokens: 0, microCost: 1 })
})
