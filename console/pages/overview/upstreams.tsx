/** Lists upstreams and their replicas, one replica per row. */
import type { ReplicaStatus, UpstreamStatus } from '../../api/gateway.ts'
import type { Column } from '../../components/table.tsx'
import { Table } from '../../components/table.tsx'
import type { Tone } from '../../components/ui.tsx'
import { Empty, State } from '../../components/ui.tsx'
import { count, percent, seconds } from '../../state/format.ts'
import { hrefOf } from '../../state/location.ts'
import { strings } from '../../strings.ts'

interface Row {
  readonly upstream: UpstreamStatus
  readonly replica: ReplicaStatus
  readonly isFirst: boolean
}

const TONES: Readonly<Record<string, Tone>> = {
  available: 'good',
  ready: 'good',
  full: 'warn',
  probing: 'warn',
  unasked: 'idle',
}

export function toneOf(state: string): Tone {
  return TONES[state] ?? 'bad'
}

/** Whether the upstream, or one of its replicas, is not as it should be. */
export function troubled({ state, replicas }: UpstreamStatus): boolean {
  return toneOf(state) === 'bad' || replicas.some((replica) => toneOf(replica.state) === 'bad')
}

/** Troubled upstreams come first. */
export function Upstreams({ upstreams }: { readonly upstreams: readonly UpstreamStatus[] }) {
  const sorted = upstreams.toSorted((one, other) => Number(troubled(other)) - Number(troubled(one)))
  const rows = sorted.flatMap((upstream) =>
    upstream.replicas.map((replica, index) => ({ upstream, replica, isFirst: index === 0 })),
  )
  if (rows.length === 0) return <Empty>{strings.noUpstreams}</Empty>
  return (
    <Table
      label={strings.upstreams}
      columns={COLUMNS}
      rows={rows}
      keyOf={({ upstream, replica }) => `${upstream.name} ${replica.url}`}
    />
  )
}

const COLUMNS: readonly Column<Row>[] = [
  {
    head: strings.upstream,
    cell: ({ upstream, isFirst }) =>
      isFirst ? (
        <a href={hrefOf('/catalogue', { upstream: upstream.name })}>{upstream.name}</a>
      ) : (
        <span class="dim">″</span>
      ),
  },
  {
    head: strings.configuration,
    cell: ({ upstream, isFirst }) =>
      isFirst ? (
        <span title={upstream.reason}>
          <State tone={toneOf(upstream.state)}>{upstream.state}</State>{' '}
          <span class="dim">
            {upstream.asked_seconds_ago === undefined
              ? null
              : strings.ago(seconds(upstream.asked_seconds_ago))}
          </span>
        </span>
      ) : null,
  },
  {
    head: strings.components,
    align: 'right',
    cell: ({ upstream, isFirst }) =>
      isFirst ? count(upstream.agents + upstream.teams + upstream.workflows) : null,
  },
  { head: strings.replica, wide: true, cell: ({ replica }) => <code>{replica.url}</code> },
  {
    head: strings.state,
    cell: ({ replica }) => <State tone={toneOf(replica.state)}>{replica.state}</State>,
  },
  { head: strings.share, align: 'right', cell: ({ replica }) => shareOf(replica) },
  { head: strings.inFlight, align: 'right', cell: ({ replica }) => count(replica.in_flight) },
  {
    head: strings.lastError,
    wide: true,
    cell: ({ upstream, replica }) => (
      <span class="clip" title={replica.last_error ?? upstream.reason}>
        {replica.last_error ?? upstream.reason ?? <span class="dim">–</span>}
      </span>
    ),
  },
]

function shareOf({ state, share, weight }: ReplicaStatus): string {
  if (toneOf(state) === 'bad') return '0 %'
  return weight > 0 ? percent(Math.min(1, share / weight)) : '0 %'
}
