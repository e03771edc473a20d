import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { run, send } from '../../support/client.ts'
import { startCollector } from '../../support/collector.ts'
import { startFakeUpstream } from '../../support/fake-upstream.ts'
import { gatewayWithUpstream } from '../../support/gateway.ts'
import { startProcess } from '../../support/process.ts'
import { PARENT, tracedGateway } from './support.ts'

const RUNS = '/agents/echo/runs'

test("a gateway without tracing forwards the caller's trace context", async () => {
  const { upstream, gateway } = await gatewayWithUpstream()
  const answering = run(gateway.url + RUNS, 'message=hi', PARENT.headers)
  const exchange = await upstream.next()
  expect(exchange.request.headers).toMatchObject(PARENT.headers)
  exchange.json({})
  await answering
  expect(await gateway.log.access(RUNS)).not.toHaveProperty('traceId')
})

describe('OpenTelemetry variables', () => {
  test('OTEL variables set the service name, resource, headers and sampling', async () => {
    const upstream = await startAgentOs()
    const { gateway, collector } = await tracedGateway(
      { upstreams: [{ name: 'a', url: upstream.url }] },
      ['a'],
      {
        OTEL_SERVICE_NAME: 'edge',
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
        OTEL_TRACES_SAMPLER: 'parentbased_always_off',
        OTEL_EXPORTER_OTLP_HEADERS: 'x-key=k',
      },
    )
    const answering = run(gateway.url + RUNS, 'message=hi')
    const exchange = await upstream.next()
    expect(exchange.request.headers['traceparent']).toMatch(/-00$/)
    exchange.json({})
    await answering
    // The sampling decision of the caller takes precedence.
    await send(`${gateway.url}/health`, { headers: PARENT.headers })
    const [span] = await collector.until(() => true)
    expect(span?.name).toBe('GET /health')
    expect(span?.resource).toMatchObject({
      'service.name': 'edge',
      'service.version': expect.any(String),
      'process.pid': process.pid,
      'deployment.environment.name': 'test',
    })
    expect(collector.spans).toHaveLength(1)
    expect(collector.requests[0]).toMatchObject({ method: 'POST', url: '/v1/traces' })
    expect(collector.requests[0]?.headers['x-key']).toBe('k')
  })
})

describe('collectors', () => {
  test('an unreachable collector delays no request and is logged once', async () => {
    const upstream = await startAgentOs({ agents: ['echo'] }, (_request, response) => {
      response.end('{}')
    })
    const { gateway, tracingLog } = await tracedGateway(
      { upstreams: [{ name: 'a', url: upstream.url }] },
      ['a'],
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_EXPORTER_OTLP_TIMEOUT: '200' },
    )
    for (let i = 0; i < 20; i++) expect((await run(gateway.url + RUNS)).status).toBe(200)
    const isComplaint = ({ msg }: Readonly<Record<string, unknown>>) =>
      msg === 'the collector is unreachable: traces are lost'
    expect(await tracingLog.until(isComplaint)).toMatchObject({ reason: expect.any(String) })
    for (let i = 0; i < 20; i++) expect((await run(gateway.url + RUNS)).status).toBe(200)
    expect(tracingLog.lines.filter(isComplaint)).toHaveLength(1)
  })

  test('a silent collector delays the exit only briefly', async () => {
    const silent = await startFakeUpstream(() => {})
    const upstream = await startAgentOs()
    const gateway = await startProcess(
      { upstreams: [{ name: 'a', url: upstream.url }] },
      { env: { OTEL_EXPORTER_OTLP_ENDPOINT: silent.url } },
    )
    await gateway.until(({ msg }) => msg === 'tracing is on')
    await send(`${gateway.url}/health`)
    const startedAt = performance.now()
    gateway.child.kill('SIGTERM')
    expect(await gateway.exited).toBe(0)
    expect(performance.now() - startedAt).toBeLessThan(8_000)
  })

  test('remaining spans are exported as protobuf when the process ends', async () => {
    const collector = await startCollector()
    const upstream = await startAgentOs()
    const gateway = await startProcess(
      { upstreams: [{ name: 'a', url: upstream.url }] },
      {
        env: {
          OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
          OTEL_BSP_SCHEDULE_DELAY: '600000',
          OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
        },
      },
    )
    await send(`${gateway.url}/health`)
    expect(collector.requests).toHaveLength(0)
    gateway.child.kill('SIGTERM')
    expect(await gateway.exited).toBe(0)
    expect(collector.requests[0]?.headers['content-type']).toBe('application/x-protobuf')
    expect(collector.text).toContain('GET /health')
    expect(collector.text).toContain('agentos-gateway')
  })
})
