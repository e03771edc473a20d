import { expect, onTestFinished, test, vi } from 'vitest'
import { History, MOST_COMPONENTS, STEPS } from '../../../src/history/history.ts'
import { historyView, quantile } from '../../../src/history/view.ts'
import { Traffic } from '../../../src/metrics/traffic.ts'

const run = {
  method: 'POST',
  route: '/agents/{id}/runs',
  upstream: 'a',
  component: 'agents/echo',
  face: '',
}

/** A history whose first sample has been taken at 1000 s. */
function started() {
  const traffic = new Traffic()
  const history = new History(traffic, () => 3)
  history.sample(1_000)
  return { traffic, history }
}

test('a slot counts only events since the previous slot', () => {
  const { traffic, history } = started()
  traffic.request(run, 200, 0.2, 10)
  traffic.stream('a', 'agents/echo', { firstEventSeconds: 0.04, events: 7, reattached: 0 })
  traffic.tokens(
    { upstream: 'a', component: 'agents/echo', caller: undefined },
    { input: 5, output: 9 },
  )
  history.sample(1_005)
  traffic.request(run, 502, 0.2, 10)
  history.sample(1_010)
  const view = historyView([history.read('5s')], '5s')
  expect(view.at).toEqual([995, 1_000, 1_005])
  expect(view).toMatchObject({
    open: [3, 3, 3],
    requests: [0, 1, 1],
    runs: [0, 1, 1],
    errors: [0, 0, 1],
    events: [0, 7, 0],
    input_tokens: [0, 5, 0],
    output_tokens: [0, 9, 0],
    totals: { requests: 2, errors: 1, events: 7 },
  })
  expect(view.components).toMatchObject([{ component: 'agents/echo', upstream: 'a', requests: 2 }])
})

test('a timer that fires early by the clock adds no second slot', () => {
  vi.useFakeTimers({ now: 1_002_000 })
  onTestFinished(() => void vi.useRealTimers())
  const history = new History(new Traffic(), () => 0)
  history.start()
  for (const step of [3_000, 5_000, 5_000, 5_000]) {
    // The clock is set back by one millisecond in each step.
    vi.setSystemTime(Date.now() - 1)
    vi.advanceTimersByTime(step)
  }
  vi.advanceTimersByTime(5_010)
  history.stop()
  expect(history.read('5s').slots.map(({ at }) => at)).toEqual([1_000, 1_005, 1_010, 1_015, 1_020])
})

test("requests to the gateway's own routes are left out", () => {
  const { traffic, history } = started()
  traffic.request({ ...run, route: '/gateway/status', component: '' }, 200, 0.1, 1)
  history.sample(1_005)
  expect(historyView([history.read('5s')], '5s').totals).toMatchObject({ requests: 0 })
})

test('both rings keep at most their number of slots', () => {
  const { history } = started()
  for (let at = 1_005; at < 1_000 + 5 * 20_000; at += 5) history.sample(at)
  expect(history.read('5s').slots.length).toBe(STEPS['5s'].slots)
  expect(history.read('1m').slots.length).toBe(STEPS['1m'].slots)
})

test('a minute sums its twelve slots', () => {
  const { traffic, history } = started()
  for (let at = 1_025; at <= 1_080; at += 5) {
    traffic.request(run, 200, 0.1, 1)
    history.sample(at)
  }
  expect(history.read('1m').slots.at(-1)).toMatchObject({ at: 1_020, requests: 12, open: 3 })
})

test('a slot lists only the busiest components', () => {
  const { traffic, history } = started()
  for (let i = 0; i < 100; i++) {
    for (let n = 0; n <= i; n++) traffic.request({ ...run, component: `agents/${i}` }, 200, 0.1, 1)
  }
  history.sample(1_005)
  const { components, requests } = history.read('5s').slots[1] ?? { components: [], requests: 0 }
  expect(components.length).toBe(MOST_COMPONENTS)
  expect(components[0]).toMatchObject({ component: 'agents/99', requests: 100 })
  expect(requests).toBe(5_050)
})

test('slots of several processes are summed by their time', () => {
  const [one, other] = [started(), started()]
  one.traffic.request(run, 200, 0.02, 1)
  one.history.sample(1_005)
  other.traffic.request(run, 200, 4, 1)
  other.traffic.request(run, 404, 4, 1)
  other.history.sample(1_005)
  const view = historyView([one.history.read('5s'), other.history.read('5s')], '5s')
  expect(view).toMatchObject({ at: [995, 1_000], requests: [0, 3], refused: [0, 1], open: [6, 6] })
  expect(view.components).toMatchObject([{ requests: 3 }])
})

test('a view of one component has its counts and no durations', () => {
  const { traffic, history } = started()
  traffic.request(run, 200, 0.2, 1)
  traffic.request({ ...run, component: 'agents/other' }, 200, 0.2, 1)
  history.sample(1_005)
  const view = historyView([history.read('5s')], '5s', 'agents/other')
  expect(view).toMatchObject({ requests: [0, 1], duration_p50: [null, null] })
})

test.each([
  [[], 0.5, null],
  [[0, 0, 10], 0.5, 0.0175],
  [[10, 0, 10], 1, 0.025],
  [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4], 0.5, 300],
])('the quantile of %j at %f is %f', (buckets, share, expected) => {
  expect(quantile(buckets, share)).toBe(expected)
})
