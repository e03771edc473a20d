/** Calls the gateway's public routes with the caller's own token. */
import { isTokenWanted, token } from '../state/token.ts'
import { strings } from '../strings.ts'

/** URL of the gateway's root. The console is two levels below it, under any prefix that a proxy adds. */
export const BASE = new URL('../../', document.baseURI)

/** A failed answer, or no answer (`status` 0). */
export class ApiError extends Error {
  readonly status: number
  /** The gateway's error code, such as `AGW_FORBIDDEN`. */
  readonly code: string | undefined
  readonly requestId: string | undefined
  /** Scopes that the token lacks, if the answer names them. */
  readonly missingScopes: string | undefined

  constructor(status: number, detail: string, headers?: Headers) {
    super(detail)
    this.status = status
    this.code = headers?.get('x-agentos-gateway-error') ?? undefined
    this.requestId = headers?.get('x-request-id') ?? undefined
    this.missingScopes = /Required scope\(s\): (.+)$/.exec(detail)?.[1]
  }
}

export interface Call {
  readonly method?: string
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly json?: unknown
  readonly form?: FormData | URLSearchParams
  readonly signal?: AbortSignal
  readonly accept?: string
  /** The request is about another token than the caller's: an answer 401 says nothing about the caller's. */
  readonly isAboutToken?: boolean
}

/** A parsed answer and the completeness that its headers report. */
export interface Answer<Body> {
  readonly body: Body
  /** Upstreams that are missing from a merged list. */
  readonly partial: readonly string[]
  /** Unreachable upstreams whose cached part is shown. */
  readonly stale: readonly string[]
}

export function urlOf(path: string, query: Call['query'] = {}): URL {
  const url = new URL(path.replace(/^\//, ''), BASE)
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') url.searchParams.set(name, String(value))
  }
  return url
}

/**
 * Sends a request and returns the response unread.
 *
 * @throws {ApiError} for a failed response
 */
export async function send(path: string, call: Call = {}): Promise<Response> {
  const { json, form, signal, accept = 'application/json' } = call
  const body = json === undefined ? form : JSON.stringify(json)
  // The browser would send `no-cache` with `no-store`, and the gateway would fetch every merged list from its upstreams.
  const headers = new Headers({ accept, 'cache-control': 'max-age=0' })
  if (json !== undefined) headers.set('content-type', 'application/json')
  if (token.value !== '') headers.set('authorization', `Bearer ${token.value}`)
  const response = await fetch(urlOf(path, call.query), {
    method: call.method ?? (body === undefined ? 'GET' : 'POST'),
    headers,
    credentials: 'omit',
    cache: 'no-store',
    ...(body !== undefined && { body }),
    ...(signal && { signal }),
  }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError(0, strings.unreachable)
  })
  if (response.ok) return response
  if (response.status === 401 && !call.isAboutToken) isTokenWanted.value = true
  throw new ApiError(response.status, await detailIn(response), response.headers)
}

/** @throws {ApiError} also when the answer is not JSON */
export async function ask<Body>(path: string, call?: Call): Promise<Answer<Body>> {
  return answerOf(await send(path, call), async (response) => {
    const text = await response.text()
    return (text === '' ? undefined : JSON.parse(text)) as Body
  })
}

/**
 * Parses a body, with the completeness that the headers report.
 *
 * @throws {ApiError} when `parse` throws a `SyntaxError`
 */
export async function answerOf<Body>(
  response: Response,
  parse: (response: Response) => Promise<Body>,
): Promise<Answer<Body>> {
  const names = (header: string) => response.headers.get(header)?.split(', ') ?? []
  try {
    const body = await parse(response)
    return { body, partial: names('x-agentos-partial'), stale: names('x-agentos-stale') }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new ApiError(response.status, strings.noJsonAnswer, response.headers)
  }
}

/** {@link ask} for callers that need only the body. */
export async function get<Body>(path: string, call?: Call): Promise<Body> {
  return (await ask<Body>(path, call)).body
}

/** Returns AgentOS's message from `{"detail": …}`; FastAPI's error list becomes one line per error. */
async function detailIn(response: Response): Promise<string> {
  const text = await response.text().catch(() => '')
  try {
    const { detail } = JSON.parse(text) as { detail?: unknown }
    if (typeof detail === 'string') return detail
    if (Array.isArray(detail)) {
      return detail.map(({ loc, msg }) => `${(loc ?? []).join('.')}: ${msg}`).join('\n')
    }
  } catch {
    // A proxy's error page contains no useful message.
  }
  return `${response.status} ${response.statusText}`.trim()
}
