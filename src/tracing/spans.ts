/**
 * Builds the spans of a request and of its attempts. Names follow OpenTelemetry's HTTP conventions; further attributes
 * start with `agentos.`.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/
 */
import type { Attributes, Context, Span, TextMapPropagator, Tracer } from '@opentelemetry/api'
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { AttemptInfo, AttemptTrace } from '../upstream/trace.ts'
import type { PartTrace, ServerTrace, TracedOutcome, TracedRequest } from './tracing.ts'

/** The caller disconnected: no failure of the gateway or of an upstream. */
const CLIENT_CLOSED = 'AGW_CLIENT_CLOSED'

/** @param parent trace context of the caller */
export function beginServerSpan(
  tracer: Tracer,
  propagator: TextMapPropagator,
  request: TracedRequest,
  parent: Context,
): ServerTrace {
  const { method, route } = request
  const name = route === undefined ? method : `${method} ${route}`
  const attributes = serverAttributes(request)
  const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent)
  return new ServerSpan(tracer, propagator, span, trace.setSpan(parent, span))
}

/** Begins a span inside the process. */
export function beginPartSpan(
  tracer: Tracer,
  propagator: TextMapPropagator,
  {
    name,
    attributes,
    parent,
  }: { readonly name: string; readonly attributes: Attributes; readonly parent: Context },
): PartTrace {
  const span = tracer.startSpan(name, { kind: SpanKind.INTERNAL, attributes }, parent)
  const headers: Record<string, string> = {}
  propagator.inject(trace.setSpan(parent, span), headers, {
    set: (carrier, key, value) => {
      carrier[key] = value
    },
  })
  return {
    headers,
    end: (failure) => {
      if (failure !== undefined) {
        span.setAttribute('error.type', failure)
        span.setStatus({ code: SpanStatusCode.ERROR })
      }
      span.end()
    },
  }
}

function serverAttributes(request: TracedRequest): Attributes {
  const { method, route, path, scheme, host, clientAddress, httpVersion, headers } = request
  return {
    'http.request.method': method,
    'url.path': path,
    'url.scheme': scheme,
    ...(route !== undefined && { 'http.route': route }),
    ...(host !== undefined && serverAddress(`${scheme}://${host}`)),
    'client.address': clientAddress,
    'network.protocol.version': httpVersion,
    ...(headers['user-agent'] !== undefined && { 'user_agent.original': headers['user-agent'] }),
    'agentos.request_id': request.requestId,
  }
}

class ServerSpan implements ServerTrace {
  readonly traceId: string
  readonly #tracer: Tracer
  readonly #propagator: TextMapPropagator
  readonly #span: Span
  readonly #context: Context

  constructor(tracer: Tracer, propagator: TextMapPropagator, span: Span, context: Context) {
    this.#tracer = tracer
    this.#propagator = propagator
    this.#span = span
    this.#context = context
    this.traceId = span.spanContext().traceId
  }

  attempt(info: AttemptInfo): AttemptTrace {
    const { method, upstream } = info
    const options = { kind: SpanKind.CLIENT, attributes: attemptAttributes(info) }
    const span = this.#tracer.startSpan(`${method} ${upstream}`, options, this.#context)
    const headers: string[] = []
    this.#propagator.inject(trace.setSpan(this.#context, span), headers, SETTER)
    return new AttemptSpan(span, this.#span, headers)
  }

  addEvent(event: string, attributes: Readonly<Record<string, string | number>> = {}): void {
    this.#span.addEvent(event, attributes)
  }

  end(outcome: TracedOutcome): void {
    const { status = 0, error } = outcome
    this.#span.setAttributes(outcomeAttributes(outcome))
    // Statuses below 500 are mistakes of the caller and no failure of the server; a broken response is one.
    const isFailure =
      status >= 500 || (error !== undefined && error !== CLIENT_CLOSED && status < 400)
    const failure = error ?? (status >= 500 ? String(status) : undefined)
    if (failure !== undefined) this.#span.setAttribute('error.type', failure)
    if (isFailure) this.#span.setStatus({ code: SpanStatusCode.ERROR })
    this.#span.end()
  }
}

/** Leaves out undefined attributes. */
function outcomeAttributes(outcome: TracedOutcome): Attributes {
  const { status, upstream, component, runId, sessionId, bytes, caller } = outcome
  return {
    ...(status !== undefined && { 'http.response.status_code': status }),
    ...(upstream !== undefined && { 'agentos.upstream': upstream }),
    ...(component !== undefined && { 'agentos.component': component }),
    ...(runId !== undefined && { 'agentos.run_id': runId }),
    ...(sessionId !== undefined && { 'agentos.session_id': sessionId }),
    ...(caller !== undefined && { 'enduser.id': caller }),
    ...(bytes !== undefined && { 'http.response.body.size': bytes }),
  }
}

class AttemptSpan implements AttemptTrace {
  readonly headers: readonly string[]
  readonly #span: Span
  readonly #parent: Span
  #status = 0

  constructor(span: Span, parent: Span, headers: readonly string[]) {
    this.#span = span
    this.#parent = parent
    this.headers = headers
  }

  answered(status: number): void {
    this.#status = status
    this.#span.setAttribute('http.response.status_code', status)
  }

  firstByte(): void {
    this.#span.addEvent('first byte')
    this.#parent.addEvent('first byte')
  }

  end(failure?: string): void {
    // For a client span, unlike a server span, a refusal is a failure.
    const type = failure ?? (this.#status >= 400 ? String(this.#status) : undefined)
    if (type !== undefined) {
      this.#span.setAttribute('error.type', type)
      if (type !== CLIENT_CLOSED) this.#span.setStatus({ code: SpanStatusCode.ERROR })
    }
    this.#span.end()
  }
}

function attemptAttributes({ method, upstream, replicaUrl, path, resend }: AttemptInfo) {
  return {
    'http.request.method': method,
    'url.full': new URL(replicaUrl).origin + path,
    ...serverAddress(replicaUrl),
    'agentos.upstream': upstream,
    'agentos.replica': replicaUrl,
    ...(resend > 0 && { 'http.request.resend_count': resend }),
  }
}

function serverAddress(url: string): Attributes {
  const parsed = URL.parse(url)
  if (parsed === null) return {}
  const { hostname, port, protocol } = parsed
  const number = Number(port) || (protocol === 'https:' || protocol === 'wss:' ? 443 : 80)
  return { 'server.address': hostname, 'server.port': number }
}

/** Writes headers as names and values in turn. */
const SETTER = {
  set(headers: string[], name: string, value: string): void {
    headers.push(name, value)
  },
}
