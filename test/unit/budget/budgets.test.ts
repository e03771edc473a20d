import { describe, expect, test } from 'vitest'
import type { BudgetConfig } from '../../../config/types.ts'
import { Caller } from '../../../src/auth/caller.ts'
import type { ChargedRun } from '../../../src/budget/budgets.ts'
import { Budgets } from '../../../src/budget/budgets.ts'
import type { SharedStore } from '../../../src/store/shared-store.ts'
import { configOf } from '../../support/gateway.ts'

const NOON = Date.parse('2026-11-28T12:00:00Z')

function budgetsOf(...budgets: readonly object[]): readonly BudgetConfig[] {
  const named = budgets.map((one, i) => ({ name: `b${i}`, tokens: 100, ...one }))
  const upstreams = [{ name: 'a', url: 'http://localhost:1' }]
  return configOf({ upstreams, budgets: named }).budgets
}

function callerOf(claims: Record<string, unknown>, kind: 'verified' | 'anonymous' = 'verified') {
  return new Caller('Bearer x', { kind, claims: claims as never })
}

function keyCaller() {
  return new Caller(undefined, { kind: 'api-key', key: 'ci', claims: { sub: 'alice' } as never })
}

function runOf(members: Partial<ChargedRun> = {}): ChargedRun {
  return {
    caller: callerOf({ sub: 'alice' }),
    component: { kind: 'agents', id: 'echo' },
    upstream: 'a',
    runId: undefined,
    isRead: false,
    isOwnOnly: false,
    ...members,
  }
}

function engineOf(store?: SharedStore) {
  return new Budgets({ now: () => NOON, store: () => store, namespace: () => 'gw' })
}

async function charge(
  engine: Budgets,
  config: readonly BudgetConfig[],
  run: ChargedRun,
  tokens = 60,
) {
  const account = await engine.accountOf(config, run)
  account?.usage.readOutput({
    run_id: 'r-1',
    status: 'COMPLETED',
    metrics: { input_tokens: tokens, cost: tokens / 10 },
  })
  account?.settle()
}

describe('subjects', () => {
  test.each([
    ['user', runOf(), 'alice'],
    ['user', runOf({ caller: callerOf({ sub: 'alice' }, 'anonymous') }), undefined],
    ['user', runOf({ caller: callerOf({}) }), undefined],
    ['claim:tenant', runOf({ caller: callerOf({ tenant: 'x' }) }), 'x'],
    ['claim:tenant', runOf({ caller: callerOf({ tenant: 7 }) }), '7'],
    ['claim:tenant', runOf({ caller: callerOf({ tenant: ['x'] }) }), undefined],
    ['claim:constructor', runOf(), undefined],
    ['user', runOf({ caller: keyCaller() }), 'alice'],
    ['key', runOf({ caller: keyCaller() }), 'ci'],
    ['key', runOf(), undefined],
    ['component', runOf(), 'agents/echo'],
    ['component', runOf({ component: undefined }), undefined],
    ['upstream', runOf(), 'a'],
    ['all', runOf(), undefined],
  ])('a run counts by %s as its subject', async (by, run, subject) => {
    const engine = engineOf()
    const config = budgetsOf({ by })
    await charge(engine, config, run)
    expect([...engine.counted(config)]).toMatchObject([{ subject, used: { tokens: 60 } }])
  })

  test('two callers without a subject count together', async () => {
    const engine = engineOf()
    const config = budgetsOf({ by: 'user' })
    await charge(engine, config, runOf({ caller: new Caller(undefined) }))
    await charge(engine, config, runOf({ caller: new Caller('Bearer other') }))
    expect(await engine.standings(config, runOf({ caller: new Caller('x') }))).toMatchObject([
      { isOver: true, used: { tokens: 120 } },
    ])
  })

  test.each([
    [['agent/echo'], true],
    [['ech*'], true],
    [['team/echo'], false],
    [['other'], false],
  ])('a budget of the components %j selects the run: %s', async (components, isSelected) => {
    const standings = await engineOf().standings(budgetsOf({ components }), runOf())
    expect(standings.length).toBe(isSelected ? 1 : 0)
  })

  test('a budget of some components selects no run without a component', async () => {
    const run = runOf({ component: undefined })
    expect(await engineOf().standings(budgetsOf({ components: ['*'] }), run)).toEqual([])
  })
})

describe('standings', () => {
  test('a limit is exceeded when it is reached', async () => {
    const engine = engineOf()
    const config = budgetsOf(
      { tokens: 60 },
      { tokens: 61 },
      { tokens: undefined, cost: 6 },
      { tokens: 0 },
    )
    expect((await engine.standings(config, runOf())).map(({ isOver }) => isOver)).toEqual([
      false,
      false,
      false,
      true,
    ])
    await charge(engine, config, runOf())
    expect((await engine.standings(config, runOf())).map(({ isOver }) => isOver)).toEqual([
      true,
      false,
      true,
      true,
    ])
  })

  test('an override replaces only the limits that it names', async () => {
    const engine = engineOf()
    const config = budgetsOf({ tokens: 60, cost: 100, overrides: { alice: { tokens: 1_000 } } })
    await charge(engine, config, runOf())
    expect(await engine.standings(config, runOf())).toMatchObject([
      { isOver: false, limit: { tokens: 1_000, cost: 100 } },
    ])
    const bob = runOf({ caller: callerOf({ sub: 'constructor' }) })
    expect(await engine.standings(config, bob)).toMatchObject([{ limit: { tokens: 60 } }])
  })

  test('only the budgets of its component and upstream decide about a member', async () => {
    const config = budgetsOf({ by: 'user' }, { by: 'component' }, { by: 'upstream' }, { by: 'all' })
    const standings = await engineOf().standings(config, runOf(), true)
    expect(standings.map(({ budget }) => budget.by.kind)).toEqual(['component', 'upstream'])
  })

  test.each([
    [[{ tokens: 100 }], '40; budget=b0; unit=tokens; reset=43200'],
    [[{ tokens: 100 }, { tokens: 70 }], '10; budget=b1; unit=tokens; reset=43200'],
    [[{ tokens: 50 }], '0; budget=b0; unit=tokens; reset=43200'],
    [[{ tokens: 1_000, cost: 6.5 }], '0.5; budget=b0; unit=cost; reset=43200'],
    [[{ tokens: 100, window: 'month' }], '40; budget=b0; unit=tokens; reset=216000'],
    [[], undefined],
  ])('the rest of the budgets %j is written as %s', async (budgets, text) => {
    const engine = engineOf()
    const config = budgetsOf(...budgets)
    await charge(engine, config, runOf())
    expect(engine.remaining(await engine.standings(config, runOf()))).toBe(text)
  })

  test('a subject is news once in a window', async () => {
    const engine = engineOf()
    const [standing] = await engine.standings(budgetsOf({}), runOf())
    const all = standing && [engine.isNews(standing), engine.isNews(standing)]
    expect(all).toEqual([true, false])
  })

  test('a budget that the configuration no longer has is not listed', async () => {
    const engine = engineOf()
    await charge(engine, budgetsOf({}), runOf())
    expect([...engine.counted([])]).toEqual([])
  })

  test.each([[{ by: 'key' }], [{ window: '1h' }]])(
    'counts before a change to %j are not listed under the changed budget',
    async (change) => {
      const engine = engineOf()
      await charge(engine, budgetsOf({ by: 'user' }), runOf())
      const changed = budgetsOf({ by: 'user', ...change })
      expect(await engine.rows(changed, undefined)).toEqual([])
    },
  )

  test('counts before a change of the limit are listed with the new limit', async () => {
    const engine = engineOf()
    await charge(engine, budgetsOf({}), runOf())
    const counted = [...engine.counted(budgetsOf({ tokens: 50 }))]
    expect(counted).toMatchObject([{ isOver: true, limit: { tokens: 50 } }])
  })
})

describe('runs that are not over', () => {
  const pending = { run_id: 'r-1', status: 'PENDING' }
  const done = { run_id: 'r-1', status: 'COMPLETED', metrics: { input_tokens: 60 } }

  async function began(engine: Budgets, config: readonly BudgetConfig[]) {
    const account = await engine.accountOf(config, runOf())
    account?.usage.readOutput(pending)
    account?.settle()
  }

  async function read(engine: Budgets, config: readonly BudgetConfig[], output: object) {
    const bob = callerOf({ sub: 'bob' })
    const run = runOf({ caller: bob, runId: 'r-1', isRead: true })
    const account = await engine.accountOf(config, run)
    account?.usage.readOutput(output as Record<string, unknown>)
    account?.settle()
    return account !== undefined
  }

  test('a background run is charged once, to its starter, when it is read', async () => {
    const engine = engineOf()
    const config = budgetsOf({ by: 'user' })
    await began(engine, config)
    expect([await read(engine, config, pending), await read(engine, config, done)]).toEqual([
      true,
      true,
    ])
    expect(await read(engine, config, done)).toBe(false)
    expect([...engine.counted(config)]).toMatchObject([{ subject: 'alice', used: { tokens: 60 } }])
  })

  test('another gateway with the same store charges a run once to its starter', async () => {
    const kept = new Map<string, string>()
    const store: SharedStore = {
      get: async (key) => kept.get(key),
      set: (key, value) => void kept.set(key, value),
      add: (key, amount) => void kept.set(key, String(Number(kept.get(key) ?? 0) + amount)),
      count: async () => undefined,
      close: () => {},
    }
    const config = budgetsOf({ by: 'user' })
    const [one, other] = [engineOf(store), engineOf(store)]
    await began(one, config)
    await read(other, config, { ...done, status: 'PAUSED' })
    await read(engineOf(store), config, done)
    expect(await read(engineOf(store), config, done)).toBe(false)
    expect(await one.standings(config, runOf())).toMatchObject([{ used: { tokens: 60 } }])
  })

  test.each([
    '{',
    'null',
    '{}',
    '{"accounts":[["b0","alice"]]}',
    '{"charged":{"tokens":0,"microCost":0},"accounts":[null]}',
    '{"charged":{"tokens":0,"microCost":0},"accounts":[["b0",5]]}',
    '{"charged":{"tokens":"9","microCost":0},"accounts":[["b0","alice"]]}',
    '{"charged":{"tokens":-9,"microCost":0},"accounts":[["b0","alice"]]}',
    '{"charged":{"tokens":1e999,"microCost":0},"accounts":[["b0","alice"]]}',
  ])('the entry %s of a store is no run', async (text) => {
    const store = { get: async () => text, set: () => {}, add: () => {} } as unknown as SharedStore
    expect(await read(engineOf(store), budgetsOf({}), done)).toBe(false)
  })

  test('a run that no budget selects is not charged', async () => {
    const account = await engineOf().accountOf(budgetsOf({ components: ['other'] }), runOf())
    expect(account).toBeUndefined()
  })
})
