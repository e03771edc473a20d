import { readFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { loadConfigText } from '../../config/load.ts'
import manifest from '../../package.json' with { type: 'json' }
import { METRICS } from '../../src/metrics/definitions.ts'
import { listenForMetrics } from '../../src/metrics/port.ts'
import { send } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import type { Tree } from './chart.ts'
import {
  at,
  CHART,
  manifestsOf,
  only,
  render,
  renderText,
  renderWith,
  VALUES,
  validate,
} from './chart.ts'

/** Time the gateway may take to close the rest after draining, with a margin; see `cli/start.ts`. */
const CLOSING_MS = 5_000

/** Returns the parts of a rendered chart that concern the gateway. */
function partsOf(values: string, ...set: readonly string[]) {
  const manifests = manifestsOf(values, ...set)
  const pod = at(only(manifests, 'Deployment'), 'spec', 'template', 'spec')
  const [container] = at<[Tree]>(pod, 'containers')
  const text = only(manifests, 'ConfigMap').data?.['gateway.yaml'] ?? ''
  const variables = (container['env'] ?? []) as unknown as { name: string; value?: string }[]
  const env = Object.fromEntries(
    variables.map(({ name, value }) => [name, value ?? secretFor(name)]),
  )
  return { manifests, pod, container, text, env }
}

const secretFor = (name: string) =>
  name === 'AGENTOS_GATEWAY_STORE' ? 'redis://:password@valkey:6379' : 'secret-'.repeat(8)

describe.each(VALUES)('the config of %s values', (values) => {
  const { pod, container, text, env } = partsOf(values)
  // Certificate files are read while parsing, and those of the pod do not exist here.
  const readable = text.replace(/^ {2}tls:\n( {4}.*\n)+/m, '  trusted_proxies: []\n')
  const config = loadConfigText(readable, 'gateway.yaml', env)

  test('the gateway accepts the config with the environment of the pod', () => {
    const named = [...text.matchAll(/\$\{(\w+)/g)].map(([, name]) => name)
    expect(Object.keys(env)).toEqual(expect.arrayContaining(named))
    expect(container['args']).toEqual(['--config', '/etc/agentos-gateway/gateway.yaml'])
  })

  test('the rendered config contains no secret', () => {
    expect(text).not.toMatch(/secret-|password/)
  })

  test('draining fits the grace period and outlasts the readiness probe', () => {
    const graceMs = Number(pod['terminationGracePeriodSeconds']) * 1_000
    expect(config.drainDelayMs + config.drainTimeoutMs + CLOSING_MS).toBeLessThan(graceMs)
    const seenAfter = ['periodSeconds', 'failureThreshold']
      .map((key) => at<number>(container, 'readinessProbe', key))
      .reduce((product, factor) => product * factor)
    expect(config.drainDelayMs).toBeGreaterThan(seenAfter * 1_000)
  })

  test('the probes get 200 without upstreams, and 503 when draining', async () => {
    const gateway = await startGateway({ upstreams: [{ name: 'a', url: 'http://127.0.0.1:9' }] })
    const statusOf = async (probe: string) =>
      (await send(gateway.url + at<string>(container, probe, 'httpGet', 'path'))).status
    const statuses = () =>
      Promise.all(['startupProbe', 'livenessProbe', 'readinessProbe'].map(statusOf))
    expect(await statuses()).toEqual([200, 200, 200])
    const drained = gateway.app.drain(0, 60_000)
    drained.catch(() => {})
    expect(await statuses()).toEqual([200, 200, 503])
  })
})

describe('the page docs/kubernetes.md', () => {
  const page = readFileSync('docs/kubernetes.md', 'utf8')
  const blocks = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text as string)
  const values = blocks.filter((text) => !text.startsWith('rules:'))

  test.each(values)('the chart accepts the values shown in docs/kubernetes.md: %s', (text) => {
    const isWhole = text.startsWith('# values.yaml')
    const { code, output } = renderText(text, isWhole ? undefined : 'minimal')
    expect(code, output).toBe(0)
    expect(validate(output).output).toContain(' 0 mistakes')
  })

  test('docs/kubernetes.md shows at least three sets of values', () => {
    expect(values.length).toBeGreaterThanOrEqual(3)
  })
})

describe('the chart', () => {
  test("the chart's appVersion is the gateway's version", () => {
    const chart = readFileSync(`${CHART}/Chart.yaml`, 'utf8')
    expect(chart).toContain(`\nappVersion: "${manifest.version}"\n`)
    expect(
      only(manifestsOf('minimal'), 'Deployment').metadata.labels['app.kubernetes.io/version'],
    ).toBe(manifest.version)
  })

  test("the autoscaler's metric exists and is served to Prometheus", async () => {
    const { manifests, text, env, container } = partsOf('full')
    const [{ pods }] = at<[Tree]>(only(manifests, 'HorizontalPodAutoscaler'), 'spec', 'metrics')
    const metric = at<string>(pods, 'metric', 'name')
    expect(Object.values(METRICS).map(({ name }) => name)).toContain(metric)
    const { metrics } = loadConfigText(text, 'gateway.yaml', env)
    const [{ port: name, path }] = at<[Tree]>(
      only(manifests, 'ServiceMonitor'),
      'spec',
      'endpoints',
    )
    const served = { name, containerPort: metrics.port }
    expect(at(container, 'ports')).toContainEqual(served)
    expect(at(only(manifests, 'Service'), 'spec', 'ports')).toContainEqual(
      expect.objectContaining({ name, targetPort: name }),
    )
    expect(metrics.host).toBe('0.0.0.0')
    const port = await listenForMetrics({ host: '127.0.0.1', port: 0 }, async () => metric)
    onTestFinished(() => port.close())
    expect(await (await send(`${port.url}${path}`)).whole()).toBe(metric)
  })

  test('the chart accepts the alert rules and labels their job', () => {
    const file = 'prometheusRule.rules=deploy/observability/alerts.yaml'
    const { code, output } = renderWith('full', '--set-file', file)
    expect(code, output).toBe(0)
    expect(validate(output).output).toContain(' 0 mistakes')
    expect(output).toContain('job="agentos-gateway"')
    expect(output).toContain('jobLabel: app.kubernetes.io/name')
    expect(output).toContain('{{ $labels.instance }}')
  })

  test('the Ingress times out later than the gateway and does not buffer', () => {
    const { manifests, text, env } = partsOf('full')
    const { annotations = {} } = only(manifests, 'Ingress').metadata
    const config = loadConfigText(text, 'gateway.yaml', env)
    const seconds = Number(annotations['nginx.ingress.kubernetes.io/proxy-read-timeout'])
    const silences = config.upstreams.flatMap(({ timeouts }) => [
      timeouts.agentTimeoutMs,
      timeouts.teamTimeoutMs,
      timeouts.streamIdleTimeoutMs,
    ])
    const longest = Math.max(...silences)
    expect(seconds * 1_000).toBeGreaterThan(longest)
    expect(annotations['nginx.ingress.kubernetes.io/proxy-buffering']).toBe('off')
    expect(annotations['nginx.ingress.kubernetes.io/proxy-next-upstream']).not.toContain(
      'non_idempotent',
    )
  })

  test.each([
    ['a misspelt value', 'minimal', ['replica=3'], "'replica' not allowed"],
    [
      'a misspelt configuration key',
      'minimal',
      ['config.upstreems[0].name=a'],
      "'upstreems' not allowed",
    ],
    [
      'a config without upstreams',
      'minimal',
      ['config.upstreams=null'],
      'name the AgentOS servers',
    ],
    [
      'times for draining in two places',
      'minimal',
      ['config.drain_timeout=5s'],
      'write drain.timeout instead',
    ],
    ['two ports for metrics', 'full', ['config.metrics.port=1'], 'write one of them'],
    ['two stores', 'tls', ['config.store=redis://a'], 'write one of them'],
    [
      'an autoscaler without a metric',
      'full',
      ['autoscaling.cpu=0', 'autoscaling.openStreams.enabled=false'],
      'choose cpu',
    ],
    ['an Ingress without a host', 'minimal', ['ingress.enabled=true'], 'name at least one'],
  ])('the Helm chart refuses %s', (_, values, set, complaint) => {
    const { code, output } = render(values, ...set)
    expect(code).not.toBe(0)
    expect(output).toContain(complaint)
  })
})
