/** Calls of an AgentOS's JSON routes that are no runs: one request, one answer read whole. */
import type { Upstream } from '../upstream/upstream.ts'
import { AgentOSError } from './agentos-error.ts'
import { snakeCase } from './media.ts'
import type { RequestForm } from './request-form.ts'

/** What every call takes. */
export interface CallOptions {
  /** JWT, sent as `Authorization: Bearer`. Default: none, or the one that always goes to the upstream. */
  readonly authToken?: string | undefined
  /** Ends the call and closes its connection. */
  readonly signal?: AbortSignal | undefined
  /** Further headers of the request, by their lowercase names, such as `traceparent`. Default none. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** Query parameters by their wire names. A list repeats the parameter; null and undefined leave it out. */
export type Query = Readonly<Record<string, unknown>>

/** Body of a call: a value that becomes JSON, or a form. */
export type CallBody = { readonly json: unknown } | { readonly form: RequestForm }

/** One AgentOS, asked through its upstream. */
export class AgentOSApi {
  readonly upstream: Upstream
  /** Longest silence in milliseconds. */
  readonly timeoutMs: number
  readonly #fetch: Upstream['fetch']

  /** @param fetch the way to the upstream. Default: as it is */
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
   * The JSON of a successful answer; undefined when it has no body.
   *
   * The type of the answer is the caller's word for what AgentOS documents; nothing is validated.
   *
   * @throws {AgentOSError} when the upstream answers with an error
   * @throws {GatewayError} when there is no answer: `AGW_UPSTREAM_*`, `AGW_CONNECT_TIMEOUT`, `AGW_RELAY_*`,
   *   `AGW_CLIENT_CLOSED` when the signal is aborted
   */
  async call<Answer>(
    method: string,
    path: string,
    query: Query,
    options: CallOptions = {},
    body?: CallBody,
  ): Promise<Answer> {
    const headers = requestHeaders(this.upstream, options, 'application/json')
    const encoded = body === undefined ? undefined : encode(body)
    if (encoded !== undefined) headers.push('content-type', encoded.contentType)
    const answer = await this.#fetch(path + queryString(query), {
      method,
      headers,
      body: encoded?.body ?? null,
      silenceMs: this.timeoutMs,
      ...(options.signal !== undefined && { signal: options.signal }),
    })
    if (answer.status >= 300) throw AgentOSError.fromAnswer(answer.status, answer.body)
    return parsed(answer.status, answer.body) as Answer
  }
}

/**
 * Headers of a request of the adapters' own. An explicit token wins over the one that always goes to the upstream; the
 * config token is for configs alone.
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

/** Options of a call as query parameters or body members: snake_case, without what is no parameter. */
export function parametersOf(options: object): Record<string, unknown> {
  const { authToken: _, signal: __, headers: ___, ...rest } = options as CallOptions
  const parameters: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(rest)) {
    if (value !== undefined && value !== null) parameters[snakeCase(key)] = value
  }
  return parameters
}

/** `?a=1&b=2`, or nothing. */
function queryString(query: Query): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const single of Array.isArray(value) ? value : [value]) {
      if (single !== undefined && single !== null) parameters.append(name, String(single))
    }
  }
  return parameters.size === 0 ? '' : `?${parameters}`
}

function encode(body: CallBody): { contentType: string; body: Buffer } {
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
