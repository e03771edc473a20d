/** The caller's token: in memory, and in the tab's session storage only where the user asked for it. Never in a cookie. */
import { signal } from '@preact/signals'

const KEY = 'agentos-gateway.token'

/** `''` where none is given. */
export const token = signal(stored())

/** The last request was answered 401. */
export const isTokenWanted = signal(false)

export function setToken(value: string, isKept: boolean): void {
  token.value = value.trim().replace(/^bearer /i, '')
  isTokenWanted.value = false
  try {
    if (isKept && token.value !== '') sessionStorage.setItem(KEY, token.value)
    else sessionStorage.removeItem(KEY)
  } catch {
    // Storage may be switched off: the token then lives as long as the page.
  }
}

function stored(): string {
  try {
    return sessionStorage.getItem(KEY) ?? ''
  } catch {
    return ''
  }
}
