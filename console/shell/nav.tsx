/** Navigation: the list of pages. */
import { useEffect, useRef } from 'preact/hooks'
import { waiting } from '../state/waiting.ts'
import { strings } from '../strings.ts'
import { currentPage, PAGES } from './pages.ts'

interface NavProps {
  /** Budgets are in force, and the caller may read them. */
  readonly hasBudgets: boolean
}

export function Nav({ hasBudgets }: NavProps) {
  const current = currentPage.value?.[0]
  const pages = PAGES.filter(([to]) => to !== '/budgets' || hasBudgets)
  const box = useRef<HTMLElement>(null)
  // On narrow screens the list scrolls sideways.
  useEffect(() => {
    box.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' })
  }, [current, hasBudgets])
  return (
    <nav class="nav" aria-label={strings.navigation} ref={box}>
      <ul>
        {pages.map(([to, label]) => (
          <li key={to}>
            <a href={`#${to}`} aria-current={to === current ? 'page' : undefined}>
              {label}
              {to === '/inbox' && waiting.value > 0 ? (
                <span class="pill" title={strings.waitingForYou(waiting.value)}>
                  {waiting.value}
                </span>
              ) : null}
            </a>
          </li>
        ))}
      </ul>
      <ul class="nav-foot">
        <li>
          <a href="../../docs">{strings.apiDocs}</a>
        </li>
      </ul>
    </nav>
  )
}
