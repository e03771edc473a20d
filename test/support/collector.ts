/** A fake OpenTelemetry collector: it accepts OTLP over HTTP and exposes the received spans. */
import { gunzipSync } from 'node:zlib'
import type { ReceivedRequest } from './fake-upstream.ts'
import { answerJson, startFakeUpstream } from './fake-upstream.ts'

/** A span as it was received. */
export interface SentSpan {
  readonly traceId: string
  readonly spanId: string
  /** Empty for a root span. */
  readonly parentSpanId: string
  readonly name: string
  readonly kind: 'server' | 'client' | 'other'
  readonly attributes: Readonly<Record<string, unknown>>
  readonly events: readonly string[]
  readonly isError: boolean
  readonly traceState: string
  /** Resource attributes of the sending process. */
  readonly resource: Readonly<Record<string, unknown>>
  readonly startMs: number
  readonly endMs: number
}

export interface Collector {
  readonly url: string
  readonly requests: readonly ReceivedRequest[]
  /** All received bodies as text. */
  readonly text: string
  readonly spans: readonly SentSpan[]
  /** Returns the first `count` matching spans, waiting for them if needed. */
  until(matches: (span: SentSpan) => boolean, count?: number): Promise<SentSpan[]>
}

interface AnyValue {
  readonly stringValue?: string
  readonly intValue?: string | number
  readonly doubleValue?: number
  readonly boolValue?: boolean
}

interface KeyValue {
  readonly key: string
  readonly value: AnyValue
}

interface WireSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly traceState?: string
  readonly attributes: readonly KeyValue[]
  readonly events?: readonly { readonly name: string }[]
  readonly status?: { readonly code?: number }
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
}

interface WireRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] }
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[]
  }[]
}

/** Listens until the test ends. JSON is parsed; protobuf is only accepted. */
export async function startCollector(): Promise<Collector> {
  const spans: SentSpan[] = []
  const texts: string[] = []
  let looks: (() => void)[] = []
  const server = await startFakeUpstream((request, response) => {
    const isGzip = request.headers['content-encoding'] === 'gzip'
    const body = isGzip ? gunzipSync(request.body) : request.body
    texts.push(body.toString('latin1'))
    if (request.headers['content-type'] === 'application/json') {
      spans.push(...spansIn(JSON.parse(body.toString('utf8')) as WireRequest))
    }
    answerJson(response, {})
    for (const look of looks) look()
  })
  const until = (matches: (span: SentSpan) => boolean, count = 1): Promise<SentSpan[]> => {
    const { promise, resolve } = Promise.withResolvers<SentSpan[]>()
    const look = () => {
      const found = spans.filter(matches)
      if (found.length < count) return
      looks = looks.filter((other) => other !== look)
      resolve(found)
    }
    looks.push(look)
    look()
    return promise
  }
  return {
    url: server.url,
    requests: server.requests,
    spans,
    until,
    get text() {
      return texts.join('\n')
    },
  }
}

function spansIn({ resourceSpans }: WireRequest): SentSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => spanOf(span, valuesOf(resource.attributes))),
    ),
  )
}

const KINDS: Readonly<Record<number, SentSpan['kind']>> = { 2: 'server', 3: 'client' }

function spanOf(span: WireSpan, resource: Readonly<Record<string, unknown>>): SentSpan {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId ?? '',
    name: span.name,
    kind: KINDS[span.kind] ?? 'other',
    attributes: valuesOf(span.attributes),
    events: (span.events ?? []).map(({ name }) => name),
    isError: span.status?.code === 2,
    traceState: span.traceState ?? '',
    resource,
    startMs: Number(span.startTimeUnixNano) / 1e6,
    endMs: Number(span.endTimeUnixNano) / 1e6,
  }
}

function valuesOf(pairs: readonly KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map(({ key, value }) => {
      const { stringValue, intValue, doubleValue, boolValue } = value
      const number = intValue === undefined ? doubleValue : Number(intValue)
      return [key, stringValue ?? number ?? boolValue]
    }),
  )
}
