/** Calls the JSON routes of an AgentOS, except runs: one request, one whole response. */
import { headerOf } from '../upstream/header-of.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { AgentOSError } from './agentos-error.ts'
import { snakeCase } from './media.ts'
import type { RequestForm } from './request-form.ts'

/** Options of every call. */
export interface CallOptions {
  /** JWT, sent as `Authorization: Bearer`. Default: the upstream's configured token, or none. */
  readonly authToken?: string | undefined
  /** Aborts the call and closes its connection. */
  readonly signal?: AbortSignal | undefined
  /** More headers of the request, with lower-case names, such as `traceparent`. Default none. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** Query parameters with AgentOS's names. A list repeats the parameter; null and undefined leave it out. */
export type Query = Readonly<Record<string, unknown>>

/** Body of a call: a value that becomes JSON, or a form. */
export type CallBody = { readonly json: unknown } | { readonly form: RequestForm }

/** Calls one AgentOS through its upstream. */
export class AgentOSApi {
  readonly upstream: Upstream
  /** Longest silence in milliseconds. */
  readonly timeoutMs: number
  readonly #fetch: Upstream['fetch']

  /** @param fetch sends the requests. Default: the upstream's own */
  constructor(
    upstream: Upstream,
    timeoutMs: number,
    fetch: Upstream['fetch'] = (path, options) => upstream.fetch(path, options),
  ) {
    this.upstream = upstream
    this.timeoutMs = timeoutMs
    this.#fetch = fetch
  }

  /**
   * Returns the JSON of a successful response; undefined for an empty body.
   *
   * The return type is what AgentOS documents; it is not validated.
   *
   * @throws {AgentOSError} when the upstream answers with an error
   * @throws {GatewayError} without a response: `AGW_UPSTREAM_*`, `AGW_CONNECT_TIMEOUT`, `AGW_RELAY_*`, `AGW_CLIENT_CLOSED`
   *   when the signal is aborted
   */
  async call<Answer>(
    method: string,
    path: string,
    query: Query,
    options: CallOptions = {},
    body?: CallBody,
  ): Promise<Answer> {
    const headers = requestHeaders(this.upstream, options, 'application/json')
    const encoded = body === undefined ? undefined : await encode(body)
    if (encoded !== undefined) headers.push('content-type', encoded.contentType)
    const answer = await this.#fetch(path + queryString(query), {
      method,
      headers,
      body: encoded?.body ?? null,
      silenceMs: this.timeoutMs,
      ...(options.signal !== undefined && { signal: options.signal }),
    })
    if (answer.status >= 300) {
      throw AgentOSError.fromAnswer(answer.status, answer.body, headerOf(answer, 'retry-after'))
    }
    return parsed(answer.status, answer.body) as Answer
  }
}

/**
 * Headers of the client's own requests. An explicit token replaces the upstream's configured one. The config token is used
 * for configs only.
 */
export function requestHeaders(
  upstream: Upstream,
  { authToken, headers: further = {} }: CallOptions,
  accept: string,
): string[] {
  const { credentials } = upstream.config
  const token = authToken ?? (credentials.kind === 'bearer' ? credentials.token : undefined)
  const headers = ['accept', accept, ...Object.entries(further).flat()]
  if (token !== undefined) headers.push('authorization', `Bearer ${token}`)
  return headers
}

/** The options of the call itself, without parameters. */
export function callOptions({ authToken, signal, headers }: CallOptions): CallOptions {
  return { authToken, signal, headers }
}

/** Converts options to query parameters or body members: snake_case names, without options of the call itself. */
export function parametersOf(options: object): Record<string, unknown> {
  const { authToken: _, signal: __, headers: ___, ...rest } = options as CallOptions
  const parameters: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(rest)) {
    if (value !== undefined && value !== null) parameters[snakeCase(key)] = value
  }
  return parameters
}

/** `?a=1&b=2`, or an empty string. */
function queryString(query: Query): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const single of Array.isArray(value) ? value : [value]) {
      if (single !== undefined && single !== null) parameters.append(name, String(single))
    }
  }
  return parameters.size === 0 ? '' : `?${parameters}`
}

async function encode(body: CallBody): Promise<{ contentType: string; body: Buffer }> {
  if ('form' in body) return body.form.encode()
  return { contentType: 'application/json', body: Buffer.from(JSON.stringify(body.json)) }
}

function parsed(status: number, body: Buffer): unknown {
  if (body.length === 0) return undefined
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw AgentOSError.fromAnswer(status, body)
  }
}
