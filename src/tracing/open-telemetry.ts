/** Implements tracing with OpenTelemetry. Loaded only when tracing is on. */
import { hostname } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import type { Tracer } from '@opentelemetry/api'
import { DiagLogLevel, defaultTextMapGetter, diag, ROOT_CONTEXT } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources'
import type { Sampler, SpanExporter } from '@opentelemetry/sdk-trace'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { proxyFor } from '../upstream/proxy.ts'
import { tunnelAgent } from '../upstream/tunnel.ts'
import { VERSION } from '../version.ts'
import type { TracingSettings } from './environment.ts'
import { collectorUrl } from './environment.ts'
import { beginPartSpan, beginServerSpan } from './spans.ts'
import type { PartTrace, ServerTrace, TracedRequest, Tracing, TracingLog } from './tracing.ts'

/** How long shutting down waits for a collector, in milliseconds. */
const FLUSH_MS = 2_000
/** Longest time until a connection through a proxy is usable, in milliseconds. */
const CONNECT_TIMEOUT_MS = 10_000
/** Shortest interval between two warnings about an unreachable collector, in milliseconds. */
const COMPLAINT_PAUSE_MS = 60_000

/** Starts the exporters of the settings. They read address and headers from the environment themselves. */
export async function openTelemetry(settings: TracingSettings, log: TracingLog): Promise<Tracing> {
  complainTo(log)
  const exporter = await exporterFor(settings)
  const own = { 'service.name': 'agentos-gateway', 'service.version': VERSION }
  const process_ = { 'process.pid': process.pid, 'host.name': hostname() }
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ ...own, ...process_ }))
      .merge(detectResources({ detectors: [envDetector] })),
    sampler: samplerOf(settings),
    spanLimits: { attributeValueLengthLimit: settings.attributeValueLengthLimit },
    spanProcessors: [new BatchSpanProcessor({ exporter, ...settings.batch })],
  })
  return new OpenTelemetryTracing(provider)
}

class OpenTelemetryTracing implements Tracing {
  readonly #provider: TracerProvider
  readonly #tracer: Tracer
  readonly #propagator = new W3CTraceContextPropagator()

  constructor(provider: TracerProvider) {
    this.#provider = provider
    this.#tracer = provider.getTracer('agentos-gateway', VERSION)
  }

  begin(request: TracedRequest): ServerTrace {
    const parent = this.#propagator.extract(ROOT_CONTEXT, request.headers, defaultTextMapGetter)
    return beginServerSpan(this.#tracer, this.#propagator, request, parent)
  }

  beginPart(
    name: string,
    attributes: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>>,
  ): PartTrace {
    const parent = this.#propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter)
    return beginPartSpan(this.#tracer, this.#propagator, { name, attributes, parent })
  }

  async shutdown(): Promise<void> {
    const flushed = this.#provider.shutdown().catch(() => undefined)
    await Promise.race([flushed, setTimeout(FLUSH_MS, undefined, { ref: false })])
  }
}

async function exporterFor({ protocol }: TracingSettings): Promise<SpanExporter> {
  const { OTLPTraceExporter } =
    protocol === 'http/json'
      ? await import('@opentelemetry/exporter-trace-otlp-http')
      : await import('@opentelemetry/exporter-trace-otlp-proto')
  const url = collectorUrl(process.env)
  const proxy = url && proxyFor(url)
  if (url === undefined || proxy === undefined) return new OTLPTraceExporter()
  const target = { url, timeoutMs: CONNECT_TIMEOUT_MS }
  return new OTLPTraceExporter({ httpAgentOptions: () => tunnelAgent(proxy, target) })
}

function samplerOf({ sampler, ratio }: TracingSettings): Sampler {
  const root = () => {
    if (sampler.endsWith('always_off')) return new AlwaysOffSampler()
    return sampler.endsWith('traceidratio')
      ? new TraceIdRatioBasedSampler(ratio)
      : new AlwaysOnSampler()
  }
  return sampler.startsWith('parentbased_') ? new ParentBasedSampler({ root: root() }) : root()
}

/** Passes messages of OpenTelemetry to the log, mostly about an unreachable collector. */
function complainTo(log: TracingLog): void {
  let quietUntil = 0
  const complain = (message: string): void => {
    const now = performance.now()
    if (now < quietUntil) return
    quietUntil = now + COMPLAINT_PAUSE_MS
    log.warn({ reason: reasonIn(message) }, 'the collector is unreachable: traces are lost')
  }
  const ignore = (): void => undefined
  const logger = { error: complain, warn: complain, info: ignore, debug: ignore, verbose: ignore }
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
}

/** Errors come as JSON with their stack: one line of it is enough. */
function reasonIn(message: string): string {
  try {
    const { message: reason, code } = JSON.parse(message) as { message?: string; code?: string }
    return [reason, code].filter(Boolean).join(' ') || 'unknown'
  } catch {
    return message.split('\n', 1)[0] as string
  }
}
