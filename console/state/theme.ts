/** Switches between light and dark; the system's theme is the default. */
import { signal } from '@preact/signals'

export type Theme = 'system' | 'light' | 'dark'

const KEY = 'agentos-gateway.theme'
const THEMES: readonly Theme[] = ['system', 'light', 'dark']

export const theme = signal<Theme>(stored())
apply(theme.value)

/** Switches to the next of the three themes. */
export function switchTheme(): void {
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] as Theme
  theme.value = next
  apply(next)
  try {
    localStorage.setItem(KEY, next)
  } catch {
    // Without storage, the choice ends with the page.
  }
}

function apply(chosen: Theme): void {
  document.documentElement.style.colorScheme = chosen === 'system' ? 'light dark' : chosen
}

function stored(): Theme {
  try {
    const kept = localStorage.getItem(KEY)
    return THEMES.find((one) => one === kept) ?? 'system'
  } catch {
    return 'system'
  }
}
