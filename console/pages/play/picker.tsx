/** Lists the components for the playground. */
import { listComponents } from '../../api/components.ts'
import { Empty, Failure, Loading, Missing, Panel } from '../../components/ui.tsx'
import { hrefOf } from '../../state/location.ts'
import { usePolled } from '../../state/polling.ts'
import { recentRuns } from '../../state/recent-runs.ts'
import { strings } from '../../strings.ts'

const LIST_MS = 30_000
/** Largest number of cards; the catalogue shows all. */
const MOST_CARDS = 60

export function Picker() {
  const list = usePolled(() => listComponents(), LIST_MS)
  const all = list.value.value
  if (all === undefined) {
    return list.error.value ? <Failure error={list.error.value} /> : <Loading />
  }
  const recent = recentRuns()
  return (
    <>
      <h1 class="sr">{strings.pages.play}</h1>
      <Missing partial={all.partial} stale={all.stale} />
      {recent.length === 0 ? null : (
        <Panel title={strings.recent}>
          <ul class="plain">
            {recent.map(({ kind, id, session, run }) => (
              <li key={run}>
                <a href={hrefOf(`/play/${kind}/${encodeURIComponent(id)}`, { session, run })}>
                  {kind}/{id}
                </a>{' '}
                <span class="dim">{session}</span>
              </li>
            ))}
          </ul>
        </Panel>
      )}
      <Panel title={strings.chooseComponent}>
        {all.components.length === 0 ? <Empty>{strings.noComponents}</Empty> : null}
        <ul class="cards">
          {all.components.slice(0, MOST_CARDS).map(({ kind, id, name, description }) => (
            <li key={`${kind}/${id}`}>
              <a href={hrefOf(`/play/${kind}/${encodeURIComponent(id)}`)}>
                <span class="dim">{strings.singular[kind]}</span> <b>{name}</b>
                <span title={description}>{description}</span>
              </a>
            </li>
          ))}
        </ul>
        {all.components.length > MOST_CARDS ? (
          <p class="foot">
            {strings.shownOf(MOST_CARDS, all.components.length, false)}{' '}
            <a href="#/catalogue">{strings.pages.catalogue}</a>
          </p>
        ) : null}
      </Panel>
    </>
  )
}
