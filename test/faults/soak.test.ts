import { expect, test } from 'vitest'
import { MIXED } from './support/acts.ts'
import { documentOf, SMALL_HEAP, startBuilt } from './support/gateway.ts'
import { Load } from './support/load.ts'
import { startReplicas } from './support/replicas.ts'
import { report } from './support/report.ts'
import { descriptorsOf, lasting, memoryOf, until } from './support/wait.ts'

const MINUTES = Number(process.env['SOAK_MINUTES'] ?? 5)
const SAMPLE_MS = 2_000
const MB = 1024 * 1024

test(`${MINUTES} minutes of mixed load fail no request and leak no memory`, {
  timeout: (MINUTES + 3) * 60_000,
}, async () => {
  const replicas = await startReplicas(['a', 'b', 'c'])
  // The affinity cache reaches its bound within the first minute, so it neither hides a leak nor looks like
  // one.
  const document = documentOf(replicas, { affinity: { size: 1_000 } }, { policy: 'round_robin' })
  const gateway = await startBuilt(document, { env: SMALL_HEAP })
  const { pid } = gateway.child
  const load = new Load([gateway.url], { workers: 20, pauseMs: 20, acts: MIXED }).begin()
  const samples: number[] = []
  const endsAt = performance.now() + MINUTES * 60_000
  while (performance.now() < endsAt) {
    await lasting(SAMPLE_MS)
    samples.push(memoryOf(pid))
  }
  await load.end()
  await until(async () => (await openAt(gateway.url)) === 0, 'nothing is open')
  // The first fifth covers one-time allocations.
  const steady = samples.slice(Math.floor(samples.length / 5))
  const half = Math.floor(steady.length / 2)
  const [first, second] = [mean(steady.slice(0, half)), mean(steady.slice(half))]
  const growth = slope(steady) * (60_000 / SAMPLE_MS)

  // Every run that a caller saw complete was started and ended exactly once.
  const [starts, ends] = [replicas.journal.all('start'), replicas.journal.all('end')]
  const ended = new Set(ends.map(({ id }) => id))
  const failed = new Set(load.failures.map(({ id }) => id))
  const lost = starts.filter(({ id }) => !ended.has(id) && !failed.has(id))
  report({
    no: 20,
    fault: `${MINUTES} minutes of mixed load`,
    requests: load.requests,
    allowed: 0,
    seen: load.failures.length,
    memory: { before: first, after: second },
    remark: `runs, streams, background, polls, cancels, aborts, uploads, lists, WebSockets; ${growth > 0 ? '+' : '−'}${Math.abs(growth / MB).toFixed(1)} MB a minute; ${descriptorsOf(pid)} descriptors at the end; \`${SMALL_HEAP.NODE_OPTIONS}\``,
  })
  expect(load.wrong).toEqual({})
  expect(replicas.journal.twice()).toEqual([])
  expect(replicas.journal.all('stray')).toEqual([])
  expect(lost).toEqual([])
  expect(second - first).toBeLessThan(20 * MB)
  expect(growth).toBeLessThan(Math.max(3, 15 / MINUTES) * MB)
})

async function openAt(url: string): Promise<number> {
  return ((await (await fetch(`${url}/gateway/status`)).json()) as { open: number }).open
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Slope by least squares: growth from one value to the next. */
function slope(values: readonly number[]): number {
  const [middle, average] = [(values.length - 1) / 2, mean(values)]
  let above = 0
  let below = 0
  for (const [index, value] of values.entries()) {
    above += (index - middle) * (value - average)
    below += (index - middle) ** 2
  }
  return above / below
}
