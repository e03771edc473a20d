/** Performance targets, and whether they were met. */
import type { PeerName } from './peers.ts'
import type { Report } from './report.ts'
import { number, table } from './report.ts'

/** Finds one median. */
type Read = (scenario: string, figure: string, peer?: PeerName) => number

interface Target {
  readonly work: string
  readonly measure: string
  readonly atMost?: number
  readonly atLeast?: number
  read(read: Read): number
}

/** Returns our CPU time as a multiple of another proxy's. */
const against =
  (scenario: string, peer: PeerName) =>
  (read: Read): number =>
    read(scenario, 'cpu_us') / read(scenario, 'cpu_us', peer)

const lessThanAgno = (scenario: string) => (read: Read) =>
  read(scenario, 'cpu_us', 'agno') / read(scenario, 'cpu_us')

/** Returns what the proxy adds to the figure without a proxy. */
const added = (scenario: string, figure: string) => (read: Read) =>
  read(scenario, figure) - read(scenario, figure, 'direct')

const plain = (scenario: string, figure: string) => (read: Read) => read(scenario, figure)

/** What a face costs for each event, as a multiple of the plain relay. */
const ofFace = (name: string) => (read: Read) => read('faces', `${name}_ratio`, 'faces')

const TARGETS: readonly Target[] = [
  { work: 'faces, per event: OpenAI', measure: '× relay', atMost: 2, read: ofFace('openai') },
  { work: 'A2A', measure: '× relay', atMost: 2, read: ofFace('a2a') },
  { work: 'AG-UI', measure: '× relay', atMost: 2, read: ofFace('agui') },
  { work: 'cached card', measure: '× nginx', atMost: 3, read: against('cached card', 'nginx') },
  { work: '', measure: '× http-proxy', atMost: 0.5, read: against('cached card', 'http-proxy') },
  { work: 'list', measure: '× nginx', atMost: 3, read: against('list of agents', 'nginx') },
  { work: '', measure: '× http-proxy', atMost: 0.5, read: against('list of agents', 'http-proxy') },
  { work: 'JSON run', measure: '× nginx', atMost: 3.5, read: against('JSON run, 1.5', 'nginx') },
  { work: '', measure: '× http-proxy', atMost: 0.75, read: against('JSON run, 1.5', 'http-proxy') },
  { work: '', measure: "Agno's ÷ ours", atLeast: 40, read: lessThanAgno('JSON run, 1.5') },
  {
    work: 'SSE burst, per event',
    measure: '× nginx',
    atMost: 0.75,
    read: against('SSE burst', 'nginx'),
  },
  { work: '', measure: "Agno's ÷ ours", atLeast: 60, read: lessThanAgno('SSE burst') },
  {
    work: 'short SSE run of 20 events',
    measure: '× nginx',
    atMost: 1.6,
    read: against('short SSE', 'nginx'),
  },
  {
    work: 'paced SSE, per event',
    measure: '× nginx',
    atMost: 2.5,
    read: against('paced SSE', 'nginx'),
  },
  { work: '', measure: '× http-proxy', atMost: 0.9, read: against('paced SSE', 'http-proxy') },
  {
    work: '',
    measure: 'added delay, p50, ms',
    atMost: 0.1,
    read: added('paced SSE', 'delay_p50_ms'),
  },
  {
    work: '',
    measure: 'added delay, p99, ms',
    atMost: 1,
    read: added('paced SSE', 'delay_p99_ms'),
  },
  {
    work: 'open streams: 1,000',
    measure: 'KB each',
    atMost: 40,
    read: plain('1,000 open', 'kb_each'),
  },
  { work: '5,000', measure: 'KB each', atMost: 40, read: plain('5,000 open', 'kb_each') },
  { work: '10,000', measure: 'KB each', atMost: 40, read: plain('10,000 open', 'kb_each') },
  { work: '', measure: 'events lost', atMost: 0, read: plain('10,000 open', 'lost') },
  {
    work: '50 MB upload',
    measure: 'MB over rest',
    atMost: 40,
    read: plain('50 MB upload', 'peak_mb'),
  },
  {
    work: '1 GB upload',
    measure: 'MB over rest',
    atMost: 40,
    read: plain('1 GB upload', 'peak_mb'),
  },
  {
    work: '100 MB into a slow reader',
    measure: 'MB over rest',
    atMost: 30,
    read: plain('slow reader', 'peak_mb'),
  },
  {
    work: 'client abort → upstream closed',
    measure: 'p50, ms',
    atMost: 2,
    read: plain('client abort', 'p50_ms'),
  },
  { work: '', measure: 'missed', atMost: 0, read: plain('client abort', 'missed') },
  {
    work: 'cold start to first answer',
    measure: 'ms',
    atMost: 500,
    read: plain('cold start', 'start_ms'),
  },
  {
    work: 'start with a compile cache',
    measure: 'ms',
    atMost: 500,
    read: plain('start, and', 'start_ms'),
  },
  { work: 'memory at rest', measure: 'MB', atMost: 70, read: plain('start, and', 'rest_mb') },
]

/** Renders a table of the measured targets. */
export function summaryOf({ scenarios }: Report): string {
  const read: Read = (scenario, figure, peer = 'gateway') => {
    const found = scenarios.find(({ name }) => name.startsWith(scenario) || name.endsWith(scenario))
    return found?.results[peer]?.[figure] ?? Number.NaN
  }
  const rows = TARGETS.map((target) => ({ target, value: target.read(read) }))
    .filter(({ value }) => Number.isFinite(value))
    .map(({ target: { work, measure, atMost, atLeast }, value }) => [
      work,
      measure,
      atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost}`,
      number(value),
      value <= (atMost ?? Number.POSITIVE_INFINITY) &&
      value >= (atLeast ?? Number.NEGATIVE_INFINITY)
        ? 'yes'
        : '**no**',
    ])
  return `\n### Targets\n\n${table(['work', 'measure', 'target', 'measured', 'met'], rows)}`
}
