import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { ERRORS } from '../../../src/errors.ts'
import { METRICS } from '../../../src/metrics/definitions.ts'
import { exposition, ProcessMetrics } from '../../../src/metrics/exposition.ts'
import { Snapshot } from '../../../src/metrics/snapshot.ts'
import { parseExposition } from '../../support/exposition.ts'
import { metricsIn } from '../../support/promql.ts'

const page = readFileSync('docs/metrics.md', 'utf8')
const part = (name: string) =>
  page.slice(page.indexOf(`<!-- ${name} -->`), page.indexOf(`<!-- /${name} -->`))

/** Labels that Prometheus adds to every sample. */
const FROM_PROMETHEUS = ['job', 'instance']

/** Returns every exposed metric with its labels. */
async function exposed(): Promise<Map<string, readonly string[]>> {
  const ofProcess = await new ProcessMetrics().read()
  const families = parseExposition(await exposition([[...new Snapshot().metrics, ...ofProcess]]))
  const found = new Map<string, readonly string[]>([['up', []]])
  const own = new Map<string, readonly string[]>(
    Object.values(METRICS).map(({ name, labels }) => [name, labels]),
  )
  for (const { name, type, samples } of families.values()) {
    const labels = own.get(name) ?? Object.keys(samples[0]?.labels ?? {})
    if (type !== 'histogram') found.set(name, labels)
    else {
      found.set(`${name}_bucket`, [...labels, 'le'])
      for (const end of ['_sum', '_count']) found.set(name + end, labels)
    }
  }
  return found
}

describe('docs/metrics.md', () => {
  test("docs/metrics.md describes exactly the gateway's metrics, as the code does", () => {
    const rows = part('metrics')
      .split('\n')
      .filter((line) => line.startsWith('| `'))
    const told = rows.map((row) => row.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')))
    const table = Object.values(METRICS).map(({ name, type, labels, help }) => [
      `\`${name}\``,
      type,
      labels.map((label) => `\`${label}\``).join(', ') || '–',
      help,
    ])
    expect(told).toEqual(table)
  })

  test('docs/metrics.md lists exactly the metrics of the process', async () => {
    const metrics = await new ProcessMetrics().read()
    const told = [...part('process').matchAll(/`(\w+)`/g)].map(([, name]) => name)
    expect(told.toSorted()).toEqual(metrics.map(({ name }) => name).toSorted())
  })
})

describe('dashboard and alert rules', () => {
  const dashboard = JSON.parse(readFileSync('deploy/observability/dashboard.json', 'utf8')) as {
    panels: { title: string; targets?: { expr: string; legendFormat: string }[] }[]
    templating: { list: { query: string | { query: string } }[] }
  }
  const rules = parse(readFileSync('deploy/observability/alerts.yaml', 'utf8')) as {
    groups: { rules: { alert: string; expr: string; annotations: Record<string, string> }[] }[]
  }
  const targets = dashboard.panels.flatMap(({ targets = [] }) => targets)
  const alerts = rules.groups.flatMap((group) => group.rules)
  const queries = dashboard.templating.list.map(({ query }) =>
    typeof query === 'string' ? '' : query.query.replace(/label_values\((.*), \w+\)/, '$1'),
  )

  test.each([
    ['panels', targets.map(({ expr }) => expr)],
    ['variables', queries],
    ['alerts', alerts.map(({ expr }) => expr)],
  ])('the %s use only existing metrics and labels', async (_, expressions) => {
    const known = await exposed()
    let count = 0
    for (const expression of expressions) {
      for (const { name, labels } of metricsIn(expression)) {
        count++
        expect([...known.keys()], expression).toContain(name)
        const own = known.get(name) as readonly string[]
        for (const label of labels)
          expect([...own, ...FROM_PROMETHEUS], expression).toContain(label)
      }
    }
    expect(count).toBeGreaterThanOrEqual(expressions.filter(Boolean).length)
  })

  test('the dashboard shows every metric of the gateway that changes', () => {
    const shown = new Set(targets.flatMap(({ expr }) => metricsIn(expr).map(({ name }) => name)))
    const aside = ['series_overflow_total', 'store_up', 'config_last_reload_successful']
    aside.push('config_loaded_timestamp_seconds', 'draining', 'build_info')
    aside.push('key_expiry_timestamp_seconds')
    aside.push('audit_lines_total', 'audit_failures_total', 'audit_lost_lines_total')
    aside.push('audit_waiting_bytes')
    const missing = Object.values(METRICS)
      .map(({ name }) => name)
      .filter((name) => !shown.has(name) && !shown.has(`${name}_bucket`))
    expect(missing).toEqual(aside.map((name) => `agentos_gateway_${name}`).toSorted(byTable))
  })

  test('error codes in dashboard and alert expressions exist', () => {
    const codes = [...targets, ...alerts].flatMap(({ expr }) => expr.match(/AGW_\w+/g) ?? [])
    expect(codes.length).toBeGreaterThan(0)
    for (const code of codes) expect(Object.keys(ERRORS)).toContain(code)
  })

  test('every alert has a unique name, a summary and a description', () => {
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length)
    for (const { annotations, expr } of alerts) {
      expect(annotations['summary']?.length).toBeGreaterThan(10)
      expect(annotations['description']?.length).toBeGreaterThan(10)
      for (const [, label] of (annotations['summary'] ?? '').matchAll(/\$labels\.(\w+)/g)) {
        expect(expr.includes(label as string) || label === 'instance', `${label} in ${expr}`).toBe(
          true,
        )
      }
    }
  })
})

const order = Object.values(METRICS).map(({ name }) => name as string)

function byTable(a: string, b: string): number {
  return order.indexOf(a) - order.indexOf(b)
}
