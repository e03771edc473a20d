/** Shows the number of components, and of ids that several upstreams serve. */
import type { GatewayStatus } from '../../api/gateway.ts'
import { Ago } from '../../components/time.tsx'
import { Panel } from '../../components/ui.tsx'
import { count, seconds } from '../../state/format.ts'
import { strings } from '../../strings.ts'

export function CatalogueNote({ status }: { readonly status: GatewayStatus }) {
  const { upstreams, shadowed, config } = status
  const sum = (kind: 'agents' | 'teams' | 'workflows') =>
    upstreams.reduce((total, upstream) => total + upstream[kind], 0)
  return (
    <Panel title={strings.gatewayFacts}>
      <dl class="facts">
        <dt>{strings.pages.catalogue}</dt>
        <dd>
          <a href="#/catalogue">
            {strings.counts(count(sum('agents')), count(sum('teams')), count(sum('workflows')))}
          </a>
        </dd>
        <dt>{strings.shadowedIds}</dt>
        <dd>
          {shadowed.length === 0 ? (
            <span class="dim">{strings.none}</span>
          ) : (
            <a href="#/catalogue?shadowed=1">{count(shadowed.length)}</a>
          )}
        </dd>
        <dt>{strings.configuration}</dt>
        <dd>
          <a href="#/config">{strings.configVersion(config.version, config.hash)}</a>,{' '}
          <Ago at={config.loaded_at} />
        </dd>
        <dt>{strings.uptime}</dt>
        <dd>
          {seconds(status.uptime_seconds)} · {status.memory_mb} MB
        </dd>
      </dl>
    </Panel>
  )
}
