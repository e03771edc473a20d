/** Defines the errors of the composer's API, with AgentOS's messages. */

/** An error that is answered as `{"detail": …}`. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number
  readonly detail: string | readonly Record<string, unknown>[]

  constructor(status: number, detail: string | readonly Record<string, unknown>[]) {
    super(typeof detail === 'string' ? detail : JSON.stringify(detail))
    this.status = status
    this.detail = detail
  }
}

/** FastAPI's error for a missing form field. */
export function missingField(name: string): HttpError {
  return new HttpError(422, [
    { type: 'missing', loc: ['body', name], msg: 'Field required', input: null },
  ])
}
