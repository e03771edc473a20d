/**
 * Tests the alert rules with Prometheus's promtool, from a table, because promtool requires every label and
 * text of an alert.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { executable } from '../support/executable.ts'

const RULES = resolve('deploy/observability/alerts.yaml')
const { groups } = parse(readFileSync(RULES, 'utf8')) as {
  groups: {
    rules: {
      alert: string
      labels: Record<string, string>
      annotations: Record<string, string>
    }[]
  }[]
}
const rules = groups.flatMap((group) => group.rules)

/** When an alert fires, with one sample per minute. In promtool's notation `0+60x30` grows by 60, thirty times. */
interface Case {
  /** Sample values by series. */
  readonly samples: Readonly<Record<string, string>>
  /** Minutes at which the alert does not fire. */
  readonly quietAt: readonly number[]
  readonly firesAt: number
  readonly labels: Readonly<Record<string, string>>
  /** The text that `{{ $value … }}` renders to. */
  readonly value?: string
}

const job = 'agentos-gateway'
const instance = 'gw:9464'
const upstream = 'research'
const replica = 'http://r:7777'
const g = (name: string, labels = '') =>
  `agentos_gateway_${name}{job="${job}", instance="${instance}"${labels}}`
const ofUpstream = `, upstream="${upstream}"`
const ofReplica = `${ofUpstream}, replica="${replica}"`
const ofStream = (le: string) => g('first_event_seconds_bucket', `${ofUpstream}, le="${le}"`)

const CASES: Readonly<Record<string, Case>> = {
  AgentOSGatewayDown: {
    samples: { [`up{job="${job}", instance="${instance}"}`]: '1x5 0x10' },
    quietAt: [5, 6],
    firesAt: 7,
    labels: { job, instance },
  },
  AgentOSGatewayManyErrors: {
    samples: {
      [g('requests_total', `${ofUpstream}, status="2xx"`)]: '0+100x60',
      [g('requests_total', `${ofUpstream}, status="5xx"`)]: '0+1x20 21+25x40',
    },
    quietAt: [19],
    firesAt: 40,
    labels: { job, upstream },
    value: '20%',
  },
  AgentOSUpstreamFailing: {
    samples: { [g('upstream_state', `${ofUpstream}, state="failing"`)]: '0x5 1x20' },
    quietAt: [5, 6],
    firesAt: 7,
    labels: { job, upstream },
  },
  AgentOSUpstreamRefusesGateway: {
    samples: { [g('upstream_state', `${ofUpstream}, state="refused"`)]: '0x5 1x30' },
    quietAt: [5, 19],
    firesAt: 22,
    labels: { job, upstream },
  },
  AgentOSReplicaLeftOut: {
    samples: { [g('replica_state', `${ofReplica}, state="ejected"`)]: '0x5 1x20' },
    quietAt: [5, 6],
    firesAt: 7,
    labels: { job, upstream, replica },
  },
  AgentOSNoReplica: {
    samples: { [g('errors_total', `${ofUpstream}, code="AGW_NO_REPLICA"`)]: '0x10 1+1x20' },
    quietAt: [10],
    firesAt: 15,
    labels: { job, upstream },
  },
  AgentOSReplicaFlapping: {
    samples: { [g('replica_ejections_total', `${ofReplica}, cause="failures"`)]: '0x30 1+1x30' },
    quietAt: [30, 33],
    firesAt: 45,
    labels: { job, upstream, replica },
  },
  AgentOSStreamsBreak: {
    samples: {
      [g('errors_total', `${ofUpstream}, code="AGW_RELAY_INTERRUPTED"`)]: '0x20 6+6x60',
    },
    quietAt: [20, 25],
    firesAt: 45,
    labels: { job, upstream },
  },
  AgentOSSlowFirstEvent: {
    samples: {
      [ofStream('10')]: '0x60',
      [ofStream('20')]: '0+10x60',
      [ofStream('+Inf')]: '0+10x60',
    },
    quietAt: [5],
    firesAt: 30,
    labels: { job, upstream },
    value: '19.5s',
  },
  AgentOSGatewayConfigRefused: {
    samples: { [g('config_last_reload_successful')]: '1x5 0x10' },
    quietAt: [5, 6],
    firesAt: 8,
    labels: { job, instance },
  },
  AgentOSGatewayConfigDiffers: {
    samples: { [g('config_restart_needed')]: '0x5 1x90' },
    quietAt: [5, 60],
    firesAt: 70,
    labels: { job },
  },
  AgentOSGatewayStoreDown: {
    samples: { [g('store_up')]: '1x5 0x20' },
    quietAt: [5, 9],
    firesAt: 12,
    labels: { job, instance },
  },
  AgentOSGatewayAuditFails: {
    samples: { [g('audit_failures_total')]: '0x20 1+1x10' },
    quietAt: [20],
    firesAt: 25,
    labels: { job, instance },
  },
  AgentOSGatewayKeyExpires: {
    samples: { [g('key_expiry_timestamp_seconds', ', key="ci"')]: '700000x2000' },
    quietAt: [1_580],
    firesAt: 1_590,
    labels: { job, key: 'ci' },
  },
  AgentOSCatalogueOld: {
    samples: { [g('catalogue_age_seconds', ofUpstream)]: '0+60x120' },
    quietAt: [60, 68],
    firesAt: 80,
    labels: { job, upstream },
    value: '1h 20m 0s',
  },
  AgentOSGatewayLimitsCallers: {
    samples: { [g('rate_limited_requests_total', ', limit="rate_limit"')]: '0x20 120+120x40' },
    quietAt: [20, 25],
    firesAt: 40,
    labels: { job, limit: 'rate_limit' },
  },
  AgentOSGatewayBlocked: {
    samples: {
      [`nodejs_eventloop_lag_p99_seconds{job="${job}", instance="${instance}"}`]: '0.01x5 0.8x20',
    },
    quietAt: [5, 9],
    firesAt: 12,
    labels: { job, instance },
  },
  AgentOSGatewaySeriesOverflow: {
    samples: { [g('series_overflow_total')]: '0x60 1+1x10' },
    quietAt: [60],
    firesAt: 65,
    labels: { job },
  },
}

/** Returns the text of an alert as Prometheus renders it. */
function filledIn(text: string, { labels, value = '' }: Case): string {
  return text
    .replace(/{{ \$labels\.(\w+) }}/g, (_, name: string) => labels[name] ?? '?')
    .replace(/{{ \$value[^}]*}}/g, value)
}

function promtool(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(executable('promtool'), args, { encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

test('promtool accepts the alert rules', () => {
  expect(promtool('check', 'rules', RULES)).toMatchObject({
    status: 0,
    output: expect.stringContaining(`SUCCESS: ${rules.length} rules found`),
  })
})

test('every alert has a case in this table', () => {
  expect(Object.keys(CASES).toSorted()).toEqual(rules.map(({ alert }) => alert).toSorted())
})

test.each(rules)(
  'the alert $alert fires at its time and not before',
  ({ alert, labels, annotations }) => {
    const found = CASES[alert] as Case
    const texts = Object.entries(annotations).map(([name, text]) => [name, filledIn(text, found)])
    const expected = {
      exp_labels: { ...labels, ...found.labels },
      exp_annotations: Object.fromEntries(texts) as Record<string, string>,
    }
    const at = (minute: number, exp_alerts: readonly object[]) => {
      return { eval_time: `${minute}m`, alertname: alert, exp_alerts }
    }
    const input_series = Object.entries(found.samples).map(([series, values]) => ({
      series,
      values,
    }))
    const alert_rule_test = [...found.quietAt.map((m) => at(m, [])), at(found.firesAt, [expected])]
    const tests = [{ interval: '1m', input_series, alert_rule_test }]
    const directory = mkdtempSync(join(tmpdir(), 'alerts-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const file = join(directory, 'test.yaml')
    writeFileSync(file, JSON.stringify({ rule_files: [RULES], evaluation_interval: '1m', tests }))
    const { status, output } = promtool('test', 'rules', file)
    expect(output).toContain('SUCCESS')
    expect(status).toBe(0)
  },
)
