/** Loads a page's code when the page is shown for the first time. */
import type { FunctionComponent } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Loading } from '../components/ui.tsx'

export function lazyPage(load: () => Promise<FunctionComponent>): FunctionComponent {
  let loaded: FunctionComponent | undefined
  return function LazyPage() {
    const [, redraw] = useState(0)
    const [failure, setFailure] = useState<unknown>(undefined)
    useEffect(() => {
      if (loaded) return
      load().then((page) => {
        loaded = page
        redraw(1)
      }, setFailure)
    }, [])
    // The page's boundary shows the failure, or reloads after an upgrade.
    if (failure !== undefined) throw failure
    if (loaded === undefined) return <Loading />
    const Page = loaded
    return <Page />
  }
}
