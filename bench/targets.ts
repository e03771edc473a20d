/** Performance targets, and whether they were met. */
import type { PeerName } from './peer-commands.ts'
import type { Report } from './report.ts'
import { number, table } from './report.ts'

/** Finds one median. */
type Read = (scenario: string, figure: string, peer?: PeerName) => number

/** One limit, of a value that a run of the benchmark gives. */
interface Target {
  readonly work: string
  readonly measure: string
  readonly atMost?: number
  readonly atLeast?: number
  read(read: Read): number
}

/** A target and its value in a report. */
interface Measured {
  readonly target: Target
  readonly value: number
}

/** Our figure as a multiple of another proxy's. */
function against(
  work: string,
  scenario: string,
  figure: string,
  limits: Readonly<Partial<Record<PeerName, number>>>,
): Target[] {
  return Object.entries(limits).map(([peer, atMost]) => ({
    work,
    measure: `÷ ${peer}`,
    atMost,
    read: (read) => read(scenario, figure) / read(scenario, figure, peer as PeerName),
  }))
}

/** A figure of the gateway itself. */
function plain(
  work: string,
  measure: string,
  scenario: string,
  figure: string,
  atMost: number,
): Target {
  return { work, measure, atMost, read: (read) => read(scenario, figure) }
}

/** The difference between the gateway's figure and the figure without a proxy. */
function added(work: string, scenario: string, atMost: number): Target {
  return {
    work,
    measure: 'added delay, p99, ms',
    atMost,
    read: (read) => read(scenario, 'delay_p99_ms') - read(scenario, 'delay_p99_ms', 'direct'),
  }
}

const scaling = 'JSON runs with'

/** The cost of a face for each event, as a multiple of the plain relay. */
const ofFace = (name: string) => (read: Read) => read('faces', `${name}_ratio`, 'faces')

const TARGETS: readonly Target[] = [
  { work: 'faces, per event: OpenAI', measure: '× relay', atMost: 2, read: ofFace('openai') },
  { work: 'A2A', measure: '× relay', atMost: 2, read: ofFace('a2a') },
  { work: 'AG-UI', measure: '× relay', atMost: 2, read: ofFace('agui') },
  { work: 'MCP', measure: '× relay', atMost: 2, read: ofFace('mcp') },
  ...against('health', 'health', 'cpu_us', { fastify: 1.3 }),
  ...against('JSON run', 'JSON run, 1.5', 'cpu_us', {
    pipe: 1.2,
    traefik: 1,
    nginx: 3.3,
    'http-proxy': 0.95,
  }),
  {
    work: 'JSON run',
    measure: "Agno's ÷ ours",
    atLeast: 40,
    read: (read) => read('JSON run, 1.5', 'cpu_us', 'agno') / read('JSON run, 1.5', 'cpu_us'),
  },
  ...against('cached card', 'cached card', 'cpu_us', { pipe: 0.6, nginx: 2 }),
  ...against('SSE burst, per event', 'SSE burst', 'cpu_us', { 'http-proxy': 0.95 }),
  ...against('paced SSE, per event', 'paced SSE', 'cpu_us', { pipe: 0.85, traefik: 1.1 }),
  added('paced SSE', 'paced SSE', 0.7),
  added('clumps of 20 events', 'clumps', 1),
  ...against('uploads, per MiB', 'uploads', 'cpu_us', { pipe: 1.15 }),
  plain('1,000 open streams', 'KB each', '1,000 open', 'kb_each', 30),
  plain('10,000 open streams', 'events lost', '10,000 open', 'lost', 0),
  plain('1 GB upload', 'MB over rest', '1 GB upload', 'peak_mb', 40),
  plain('100 MB into a slow reader', 'MB over rest', 'slow reader', 'peak_mb', 30),
  plain('client abort → upstream closed', 'p50, ms', 'client abort', 'p50_ms', 2),
  plain('client abort → upstream closed', 'missed', 'client abort', 'missed', 0),
  plain('start to first answer, with compile cache', 'ms', 'start, and', 'start_ms', 400),
  plain('start to first answer, without', 'ms', 'cold start', 'start_ms', 600),
  plain('memory at rest', 'MB', 'start, and', 'rest_mb', 85),
  {
    work: 'two workers',
    measure: 'runs a second ÷ one process',
    atLeast: 1.7,
    read: (read) => read(scaling, 'per_second', 'gateway-two') / read(scaling, 'per_second'),
  },
]

/** Renders a table of the measured targets. */
export function summaryOf(report: Report): string {
  const rows = measured(report).map((one) => [
    one.target.work,
    one.target.measure,
    limitOf(one.target),
    number(one.value),
    isMet(one) ? 'yes' : '**no**',
  ])
  return `\n### Targets\n\n${table(['work', 'measure', 'target', 'measured', 'met'], rows)}`
}

/** Names each missed target with its figure. A target without a figure, for want of a peer, is not missed. */
export function missedIn(report: Report): string[] {
  return measured(report)
    .filter((one) => !isMet(one))
    .map(({ target, value }) => {
      return `${target.work}, ${target.measure}: ${number(value)}, target ${limitOf(target)}`
    })
}

function measured({ scenarios }: Report): Measured[] {
  const read: Read = (scenario, figure, peer = 'gateway') => {
    const found = scenarios.find(({ name }) => name.startsWith(scenario) || name.endsWith(scenario))
    return found?.results[peer]?.[figure] ?? Number.NaN
  }
  return TARGETS.map((target) => ({ target, value: target.read(read) })).filter(({ value }) =>
    Number.isFinite(value),
  )
}

function limitOf({ atMost, atLeast }: Target): string {
  return atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost}`
}

function isMet({ target: { atMost, atLeast }, value }: Measured): boolean {
  return (
    value <= (atMost ?? Number.POSITIVE_INFINITY) && value >= (atLeast ?? Number.NEGATIVE_INFINITY)
  )
}
