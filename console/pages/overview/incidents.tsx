/** Lists recent events of replicas, upstreams and the configuration. */
import type { GatewayStatus } from '../../api/gateway.ts'
import { Clock } from '../../components/time.tsx'
import { Badge, Empty, Panel } from '../../components/ui.tsx'
import { strings } from '../../strings.ts'

export function Incidents({ status }: { readonly status: GatewayStatus }) {
  const { config, incidents = [] } = status
  return (
    <Panel title={strings.incidents}>
      {config.error ? (
        <p class="notice bad">
          <strong>{strings.configRefused}</strong> {config.error.issues.join('; ')}
        </p>
      ) : null}
      {config.restart_needed.length > 0 ? (
        <p class="notice warn">{strings.restartNeeded(config.restart_needed.join(', '))}</p>
      ) : null}
      {incidents.length === 0 ? <Empty>{strings.noIncidents}</Empty> : null}
      <ul class="log">
        {incidents.slice(0, 12).map((one) => (
          <li key={`${one.at} ${one.kind} ${one.replica ?? ''}`}>
            <Clock at={one.at} />{' '}
            <Badge tone={one.kind === 'recovered' || one.kind === 'ready' ? 'good' : 'bad'}>
              {one.kind}
            </Badge>{' '}
            {one.upstream} <span class="dim">{one.replica ?? ''}</span> {one.detail ?? ''}
          </li>
        ))}
      </ul>
    </Panel>
  )
}
