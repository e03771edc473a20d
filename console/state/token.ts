/** Holds the caller's token in memory, and in the tab's session storage if the user asks for it. Never in a cookie. */
import { signal } from '@preact/signals'

const KEY = 'agentos-gateway.token'

/** `''` without a token. */
export const token = signal(stored())

/** True after an answer 401. */
export const isTokenWanted = signal(false)

export function setToken(value: string, isKept: boolean): void {
  token.value = value.trim().replace(/^bearer /i, '')
  isTokenWanted.value = false
  try {
    if (isKept && token.value !== '') sessionStorage.setItem(KEY, token.value)
    else sessionStorage.removeItem(KEY)
  } catch {
    // With storage disabled, the token is lost when the page closes.
  }
}

function stored(): string {
  try {
    return sessionStorage.getItem(KEY) ?? ''
  } catch {
    return ''
  }
}
