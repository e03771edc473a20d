/** Frame of every page: bar, navigation, and the page of the address. */
import { Route, Router, Switch } from 'wouter-preact'
import { gateway } from '../api/gateway.ts'
import { Access } from '../pages/access/access.tsx'
import { Overview } from '../pages/overview/overview.tsx'
import { path, useHashLocation } from '../state/location.ts'
import { usePolled } from '../state/polling.ts'
import { strings } from '../strings.ts'
import { Bar } from './bar.tsx'
import { Boundary } from './boundary.tsx'
import { lazyPage } from './lazy-page.tsx'
import { Nav } from './nav.tsx'

const Catalogue = lazyPage(() =>
  import('../pages/catalogue/catalogue.tsx').then((page) => page.Catalogue),
)
const Live = lazyPage(() => import('../pages/live/live.tsx').then((page) => page.Live))
const Config = lazyPage(() => import('../pages/config/config.tsx').then((page) => page.Config))
const Playground = lazyPage(() => import('../pages/play/play.tsx').then(({ Play }) => Play))
const Inbox = lazyPage(() => import('../pages/inbox/inbox.tsx').then((page) => page.Inbox))
const Traffic = lazyPage(() => import('../pages/traffic/traffic.tsx').then((page) => page.Traffic))
const Budgets = lazyPage(() => import('../pages/budgets/budgets.tsx').then((page) => page.Budgets))
const Data = lazyPage(() => import('../pages/data/data.tsx').then((page) => page.Data))

/** Pause between requests for the caller's rights, in milliseconds. */
const ACCESS_MS = 60_000

export function Shell() {
  const access = usePolled((signal) => gateway.access(signal), ACCESS_MS)
  const rights = access.value.value
  // The last known rights hold while the gateway cannot be reached, but not for a refused token.
  const isRefused = access.error.value?.status === 401
  return (
    <Router hook={useHashLocation}>
      <button type="button" class="skip" onClick={skipToMain}>
        {strings.skip}
      </button>
      <Bar access={rights} />
      <Nav hasBudgets={!isRefused && (rights?.budgets?.length ?? 0) > 0} />
      <main id="main" tabIndex={-1}>
        <Boundary key={path.value.split('/')[1]}>
          <Pages />
        </Boundary>
      </main>
    </Router>
  )
}

function Pages() {
  return (
    <Switch>
      <Route path="/" component={Overview} />
      <Route path="/catalogue" component={Catalogue} />
      <Route path="/play/:kind?/:id?" component={Playground} />
      <Route path="/inbox" component={Inbox} />
      <Route path="/live" component={Live} />
      <Route path="/traffic" component={Traffic} />
      <Route path="/budgets" component={Budgets} />
      <Route path="/data/:what?/:id?" component={Data} />
      <Route path="/config" component={Config} />
      <Route path="/access" component={Access} />
      <Route>
        <div class="empty">
          <h1 class="title">{strings.noPage}</h1>
          <a href="#/">{strings.pages.overview}</a>
        </div>
      </Route>
    </Switch>
  )
}

/** A button instead of a link, because the hash is the address of the page. */
function skipToMain(): void {
  document.getElementById('main')?.focus()
}
