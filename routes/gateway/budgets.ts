/** Serves `GET /gateway/budgets`: which subjects have used how much of their budgets. */
import type { FastifyInstance } from 'fastify'
import { assertAdmin } from '../../src/authorization/admin.ts'
import { plus } from '../../src/budget/amount.ts'
import type { BudgetRow } from '../../src/budget/budgets.ts'
import type { Standing } from '../../src/budget/standing.ts'
import { GatewayError } from '../../src/errors.ts'
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
    const rows = joined(all as BudgetRow[][])
    const shown = rows.slice((number - 1) * size, number * size)
    const standings = await Promise.all(shown.map((row) => app.budgetStanding(row)))
    const data = standings.flatMap((standing) => (standing ? [view(standing)] : []))
    const pages = Math.ceil(rows.length / size)
    const meta = { page: number, limit: size, total_pages: pages, total_count: rows.length }
    return reply.header('cache-control', 'no-store').send({ data, meta })
  })
}

/** @throws {GatewayError} `AGW_BAD_REQUEST` */
function within(value: unknown, most: number, name: string): number {
  const number = Number(value)
  if (Number.isInteger(number) && number >= 1 && number <= most) return number
  throw new GatewayError('AGW_BAD_REQUEST', { detail: `${name} must be from 1 to ${most}` })
}

/** Adds the counts of all processes; the smallest shares left come first. */
function joined(all: readonly (readonly BudgetRow[])[]): BudgetRow[] {
  const rows = new Map<string, BudgetRow>()
  for (const row of all.flat()) {
    const key = JSON.stringify([row.budget, row.subject])
    const known = rows.get(key)
    if (known === undefined) rows.set(key, row)
    else {
      const share = Math.max(0, known.share + row.share - 1)
      rows.set(key, { ...row, used: plus(known.used, row.used), share })
    }
  }
  return [...rows.values()].sort((a, b) => a.share - b.share)
}

function view({ budget, subject, used, limit, share, isOver, startMs, endMs }: Standing) {
  const { by } = budget
  return {
    budget: budget.name,
    by: by.kind === 'claim' ? `claim:${by.claim}` : by.kind,
    /** Null for all callers without one, and for a budget of all. */
    subject: subject ?? null,
    used: { tokens: used.tokens, cost: costOf(used) },
    limit: { tokens: limit.tokens ?? null, cost: limit.cost ?? null },
    /** Smallest share of a limit that is left, 0 to 1. */
    left: share,
    is_over: isOver,
    over: budget.over,
    window: { start: new Date(startMs).toISOString(), end: new Date(endMs).toISOString() },
  }
}
