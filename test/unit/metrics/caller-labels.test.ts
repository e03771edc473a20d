import { expect, test } from 'vitest'
import { CallerLabels } from '../../../src/metrics/caller-labels.ts'
import { exposition } from '../../../src/metrics/exposition.ts'
import { Snapshot } from '../../../src/metrics/snapshot.ts'
import { Traffic } from '../../../src/metrics/traffic.ts'
import { parseExposition, sampleOf } from '../../support/exposition.ts'

const RUN = { upstream: 'a', component: 'agents/echo' }

test('the first callers keep their label, further ones share `other`', () => {
  const labels = new CallerLabels()
  const of = (subject: string | undefined) => labels.labelOf(subject, 2)
  expect(['ada', 'bob', 'eve', 'ada', undefined, 'eve'].map(of)).toEqual([
    'ada',
    'bob',
    'other',
    'ada',
    '',
    'other',
  ])
})

test('callers have no label while `caller_labels` is 0', () => {
  const labels = new CallerLabels()
  expect(labels.labelOf('ada', 0)).toBeUndefined()
  expect(labels.labelOf(undefined, 0)).toBeUndefined()
})

test('a caller keeps its label after a reload lowers the bound', () => {
  const labels = new CallerLabels()
  for (const subject of ['ada', 'bob']) labels.labelOf(subject, 2)
  expect(labels.labelOf('bob', 1)).toBe('bob')
  expect(labels.labelOf('eve', 1)).toBe('other')
  expect(labels.labelOf('eve', 3)).toBe('eve')
})

test('runs and tokens of several processes are added up by caller', async () => {
  const processes = [1, 2].map((factor) => {
    const traffic = new Traffic()
    for (const caller of ['ada', `only-${factor}`]) {
      traffic.runs({ ...RUN, caller }, factor)
      traffic.tokens({ ...RUN, caller }, { input: 10 * factor, output: factor })
    }
    const snapshot = new Snapshot()
    traffic.addTo(snapshot)
    return snapshot.metrics
  })
  const found = parseExposition(await exposition(processes))
  const of = (name: string, labels: Record<string, string>) =>
    sampleOf(found, `agentos_gateway_${name}`, labels)
  expect(of('runs_total', { caller: 'ada' })).toBe(3)
  expect(of('runs_total', { caller: 'only-2' })).toBe(2)
  expect(of('tokens_total', { caller: 'ada', direction: 'input' })).toBe(30)
  expect(of('tokens_total', { caller: 'only-1', direction: 'output' })).toBe(1)
})

test('sets of labels of runs have a limit', async () => {
  const traffic = new Traffic(10)
  for (let i = 0; i < 500; i++) {
    const labels = { ...RUN, caller: `caller-${i}` }
    traffic.runs(labels, 1)
    traffic.tokens(labels, { input: 1, output: 1 })
  }
  const snapshot = new Snapshot()
  traffic.addTo(snapshot)
  const found = parseExposition(await exposition([snapshot.metrics]))
  expect(found.get('agentos_gateway_runs_total')?.samples.length).toBe(11)
  expect(sampleOf(found, 'agentos_gateway_runs_total', { caller: 'other' })).toBe(490)
  expect(sampleOf(found, 'agentos_gateway_tokens_total', { direction: 'input' })).toBe(500)
})
