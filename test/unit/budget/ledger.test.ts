import { expect, test } from 'vitest'
import type { BudgetConfig } from '../../../config/types.ts'
import { Ledger } from '../../../src/budget/ledger.ts'
import type { SharedStore } from '../../../src/store/shared-store.ts'
import { configOf } from '../../support/gateway.ts'

const DAY = 86_400_000
const NOON = Date.parse('2026-11-28T12:00:00Z')

function budgetOf(keys: object = {}): BudgetConfig {
  const document = {
    upstreams: [{ name: 'a', url: 'http://localhost:1' }],
    budgets: [{ name: 'b', tokens: 100, ...keys }],
  }
  return configOf(document).budgets[0] as BudgetConfig
}

const tokens = (count: number) => ({ tokens: count, microCost: 0 })

/** A store that several ledgers share. Undefined sums: it does not answer. */
function storeOf(sums: Map<string, number> | undefined = new Map()) {
  const store: SharedStore = {
    get: async (key) => sums && String(sums.get(key) ?? 0),
    set: () => {},
    add: (key, amount) => void sums?.set(key, (sums.get(key) ?? 0) + amount),
    count: async () => undefined,
    close: () => {},
  }
  return store
}

function ledgerAt(clock: { nowMs: number }, store?: SharedStore, maxEntries?: number) {
  return new Ledger({
    now: () => clock.nowMs,
    store: () => store,
    namespace: () => 'gw',
    ...(maxEntries !== undefined && { maxEntries }),
  })
}

test('amounts of a subject add up until its window ends', async () => {
  const clock = { nowMs: NOON }
  const ledger = ledgerAt(clock)
  const alice = { budget: budgetOf(), subject: 'alice' }
  ledger.add(alice, tokens(10))
  ledger.add(alice, tokens(5))
  expect((await ledger.read(alice)).used.tokens).toBe(15)
  expect((await ledger.read({ ...alice, subject: 'bob' })).used.tokens).toBe(0)
  clock.nowMs += DAY / 2
  expect((await ledger.read(alice)).used.tokens).toBe(0)
  expect([...ledger.current()]).toEqual([])
})

test('a clock that is set back finds the count of its window', async () => {
  const clock = { nowMs: NOON }
  const ledger = ledgerAt(clock)
  const alice = { budget: budgetOf(), subject: 'alice' }
  ledger.add(alice, tokens(10))
  clock.nowMs += DAY
  ledger.add(alice, tokens(1))
  clock.nowMs -= DAY
  expect((await ledger.read(alice)).used.tokens).toBe(10)
})

test('a budget whose window changes starts at 0', async () => {
  const ledger = ledgerAt({ nowMs: NOON })
  ledger.add({ budget: budgetOf(), subject: 'alice' }, tokens(10))
  const changed = { budget: budgetOf({ window: 'month' }), subject: 'alice' }
  expect((await ledger.read(changed)).used.tokens).toBe(0)
})

test('a budget whose limit changes keeps its counts', async () => {
  const ledger = ledgerAt({ nowMs: NOON })
  ledger.add({ budget: budgetOf(), subject: 'alice' }, tokens(10))
  const changed = { budget: budgetOf({ tokens: 7 }), subject: 'alice' }
  expect((await ledger.read(changed)).used.tokens).toBe(10)
})

test('two gateways with one store count together', async () => {
  const store = storeOf()
  const one = ledgerAt({ nowMs: NOON }, store)
  const other = ledgerAt({ nowMs: NOON }, store)
  const account = { budget: budgetOf({ cost: 1 }), subject: undefined }
  one.add(account, { tokens: 10, microCost: 500_000 })
  other.add(account, { tokens: 5, microCost: 100_000 })
  expect((await one.read(account)).used).toEqual({ tokens: 15, microCost: 600_000 })
})

test('a gateway whose store is gone or emptied counts by itself', async () => {
  const account = { budget: budgetOf(), subject: 'alice' }
  const sums = new Map<string, number>()
  const emptied = ledgerAt({ nowMs: NOON }, storeOf(sums))
  emptied.add(account, tokens(10))
  sums.clear()
  expect((await emptied.read(account)).used.tokens).toBe(10)
  const silent = ledgerAt(
    { nowMs: NOON },
    {
      ...storeOf(),
      get: async () => undefined,
    },
  )
  silent.add(account, tokens(10))
  expect((await silent.read(account)).used.tokens).toBe(10)
})

test.each(['', 'x', '-5', 'Infinity', 'NaN'])('the sum %j of a store counts as 0', async (sum) => {
  const ledger = ledgerAt({ nowMs: NOON }, { ...storeOf(), get: async () => sum })
  expect((await ledger.read({ budget: budgetOf(), subject: 'x' })).used.tokens).toBe(0)
})

test('many new subjects do not push out a count near its limit', async () => {
  const ledger = ledgerAt({ nowMs: NOON }, undefined, 100)
  const budget = budgetOf()
  ledger.add({ budget, subject: 'alice' }, tokens(99))
  for (let i = 0; i < 10_000; i++) ledger.add({ budget, subject: `s${i}` }, tokens(1))
  expect(ledger.size).toBe(100)
  expect((await ledger.read({ budget, subject: 'alice' })).used.tokens).toBe(99)
})

test('ended windows make room before others', async () => {
  const clock = { nowMs: NOON }
  const ledger = ledgerAt(clock, undefined, 2)
  ledger.add({ budget: budgetOf({ window: '1h' }), subject: 'a' }, tokens(50))
  ledger.add({ budget: budgetOf(), subject: 'b' }, tokens(1))
  clock.nowMs += 3 * 3_600_000
  ledger.add({ budget: budgetOf(), subject: 'c' }, tokens(1))
  expect([...ledger.current()].map(({ subject }) => subject)).toEqual(['b', 'c'])
})
