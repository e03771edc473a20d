/** Serves `GET /gateway/budgets`: the budgets in force, and which subjects have used how much of them. */
import type { FastifyInstance } from 'fastify'
import type { BudgetConfig, BudgetLimit } from '../../config/types.ts'
import { assertAdmin } from '../../src/authorization/admin.ts'
import { plus } from '../../src/budget/amount.ts'
import type { BudgetRow } from '../../src/budget/budgets.ts'
import type { Standing } from '../../src/budget/standing.ts'
import type { Window } from '../../src/budget/window.ts'
import { lengthText, windowAt } from '../../src/budget/window.ts'
import { GatewayError } from '../../src/errors.ts'
import { Turn } from '../../src/turns.ts'
import { costOf } from '../../src/usage/spent.ts'

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 1_000

interface Query {
  readonly budget?: unknown
  readonly limit?: unknown
  readonly page?: unknown
}

export default async function budgets(app: FastifyInstance) {
  app.get<{ Querystring: Query }>('/gateway/budgets', async (request, reply) => {
    assertAdmin(request)
    const { budget, limit = DEFAULT_LIMIT, page = 1 } = request.query
    const size = within(limit, MAX_LIMIT, 'limit')
    const number = within(page, Number.MAX_SAFE_INTEGER, 'page')
    const name = typeof budget === 'string' && budget !== '' ? budget : undefined
    const all = (await app.workerPeers?.gather('budgets', name)) ?? [await app.budgetRows(name)]
    const rows = await standings(app, joined(all as BudgetRow[][]))
    const data = rows.slice((number - 1) * size, number * size).map(rowView)
    const pages = Math.ceil(rows.length / size)
    const meta = { page: number, limit: size, total_pages: pages, total_count: rows.length }
    const inForce = request.gateway.config.budgets.map(budgetView)
    return reply.header('cache-control', 'no-store').send({ budgets: inForce, data, meta })
  })
}

/** @throws {GatewayError} `AGW_BAD_REQUEST` */
function within(value: unknown, most: number, name: string): number {
  const number = Number(value)
  if (Number.isInteger(number) && number >= 1 && number <= most) return number
  throw new GatewayError('AGW_BAD_REQUEST', { detail: `${name} must be from 1 to ${most}` })
}

/** Adds the counts of all processes. */
function joined(all: readonly (readonly BudgetRow[])[]): BudgetRow[] {
  const rows = new Map<string, BudgetRow>()
  for (const row of all.flat()) {
    const key = JSON.stringify([row.budget, row.subject])
    const known = rows.get(key)
    rows.set(key, known === undefined ? row : { ...row, used: plus(known.used, row.used) })
  }
  return [...rows.values()]
}

/** The smallest shares left come first, by the counts of all gateways if there is a store. */
async function standings(app: FastifyInstance, rows: readonly BudgetRow[]): Promise<Standing[]> {
  const turn = new Turn()
  const reads: Promise<Standing | undefined>[] = []
  for (const row of rows) {
    reads.push(app.budgetStanding(row))
    await turn.rest()
  }
  const found = (await Promise.all(reads)).filter((standing) => standing !== undefined)
  return found.sort((a, b) => a.share - b.share)
}

function rowView({ budget, subject, used, limit, share, isOver, ...window }: Standing) {
  return {
    budget: budget.name,
    by: keyText(budget),
    /** Null for all callers without one, and for a budget of all. */
    subject: subject ?? null,
    used: { tokens: used.tokens, cost: costOf(used) },
    limit: limitView(limit),
    /** Smallest share of a limit that is left, 0 to 1. */
    left: share,
    is_over: isOver,
    over: budget.over,
    window: windowView(window),
  }
}

function budgetView(budget: BudgetConfig) {
  const { name, limit, window, over, components, overrides } = budget
  return {
    name,
    by: keyText(budget),
    limit: limitView(limit),
    over,
    components: components.map(({ kind, id }) => (kind === undefined ? id : `${kind}/${id}`)),
    /** Number of subjects with limits of their own. */
    overrides: Object.keys(overrides).length,
    window: { length: lengthText(window), ...windowView(windowAt(window, Date.now())) },
  }
}

function keyText({ by }: BudgetConfig): string {
  return by.kind === 'claim' ? `claim:${by.claim}` : by.kind
}

function limitView({ tokens, cost }: BudgetLimit) {
  return { tokens: tokens ?? null, cost: cost ?? null }
}

function windowView({ startMs, endMs }: Window) {
  return { start: new Date(startMs).toISOString(), end: new Date(endMs).toISOString() }
}
