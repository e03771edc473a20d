/** Calls the gateway's admin routes with Node's own `fetch`. */

/** An answer with its parsed body. */
export interface Asked<Body> {
  readonly status: number
  readonly headers: Headers
  readonly body: Body
}

/** Returns the answer; `undefined` as its body where it is empty. */
export async function ask<Body = Record<string, unknown>>(
  url: string,
  init: RequestInit = {},
): Promise<Asked<Body>> {
  const response = await fetch(url, init)
  const text = await response.text()
  const body = (text === '' ? undefined : JSON.parse(text)) as Body
  return { status: response.status, headers: response.headers, body }
}
