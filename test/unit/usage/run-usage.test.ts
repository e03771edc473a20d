import { describe, expect, test } from 'vitest'
import { RunUsage } from '../../../src/usage/run-usage.ts'
import { tokenCount } from '../../../src/usage/spent.ts'

const tokens = (input_tokens: number, output_tokens = 0) => ({ input_tokens, output_tokens })
const started = { event: 'RunStarted', run_id: 'r-1' }

function usageOf(events: readonly object[], options = {}) {
  const usage = new RunUsage(options)
  for (const event of events) usage.readEvent(event as Record<string, unknown>)
  return usage
}

describe('events', () => {
  test('each request to a model counts as soon as it has ended', () => {
    const request = { event: 'ModelRequestCompleted', run_id: 'r-1', ...tokens(10, 4) }
    const usage = usageOf([started, request, request])
    expect([tokenCount(usage.total), usage.isOver]).toEqual([28, false])
  })

  test('larger metrics of the last event replace the sum of requests', () => {
    const request = { event: 'ModelRequestCompleted', run_id: 'r-1', ...tokens(10, 4) }
    const end = { event: 'RunCompleted', run_id: 'r-1', metrics: { ...tokens(20), cost: 0.5 } }
    const usage = usageOf([started, request, end])
    expect([usage.total, usage.isOver]).toEqual([
      { input: 20, output: 0, microCost: 500_000 },
      true,
    ])
  })

  test('the metrics of the last event count no less than its requests', () => {
    const request = { event: 'ModelRequestCompleted', run_id: 'r-1', ...tokens(10, 4) }
    const end = { event: 'RunCompleted', run_id: 'r-1', metrics: tokens(1) }
    expect(tokenCount(usageOf([started, request, end]).total)).toBe(14)
  })

  test('a team counts its leader and each member once', () => {
    const usage = usageOf([
      { event: 'TeamRunStarted', run_id: 't' },
      { event: 'TeamModelRequestCompleted', run_id: 't', ...tokens(5) },
      { event: 'ModelRequestCompleted', run_id: 'm', parent_run_id: 't', ...tokens(7) },
      { event: 'RunCompleted', run_id: 'm', parent_run_id: 't', metrics: tokens(7) },
      {
        event: 'TeamRunCompleted',
        run_id: 't',
        metrics: tokens(5),
        member_responses: [
          { run_id: 'm', metrics: tokens(7) },
          { run_id: 'n', metrics: tokens(100) },
        ],
      },
    ])
    expect(tokenCount(usage.total)).toBe(112)
  })

  test('a workflow counts its steps once', () => {
    const usage = usageOf([
      { event: 'WorkflowStarted', run_id: 'w' },
      { event: 'RunCompleted', run_id: 'a', workflow_run_id: 'w', metrics: tokens(10) },
      {
        event: 'WorkflowCompleted',
        run_id: 'w',
        metrics: { steps: { s: { metrics: tokens(10) }, t: null } },
      },
    ])
    expect([tokenCount(usage.total), usage.isOver]).toEqual([10, true])
  })

  test('a workflow counts the steps that sent no event', () => {
    const steps = {
      s: { metrics: tokens(10) },
      t: { metrics: { steps: { u: { metrics: tokens(3) } } } },
    }
    const usage = usageOf([{ event: 'WorkflowCompleted', run_id: 'w', metrics: { steps } }])
    expect(tokenCount(usage.total)).toBe(13)
  })

  test('the run of a workflow is the one that its agents name', () => {
    const event = {
      event: 'ModelRequestCompleted',
      run_id: 'a',
      workflow_run_id: 'w',
      ...tokens(1),
    }
    expect(usageOf([event]).runId).toBe('w')
  })

  test('an event of a background run that is read again counts once', () => {
    const request = {
      event: 'ModelRequestCompleted',
      run_id: 'r-1',
      event_index: 4,
      ...tokens(10, 4),
    }
    expect(tokenCount(usageOf([started, request, request]).total)).toBe(14)
  })

  test('members are left out of a run that is counted without them', () => {
    const usage = usageOf(
      [
        { event: 'TeamRunStarted', run_id: 't' },
        { event: 'ModelRequestCompleted', run_id: 'm', ...tokens(7) },
        { event: 'TeamRunCompleted', run_id: 't', metrics: tokens(5) },
        {
          event: 'WorkflowCompleted',
          run_id: 't',
          metrics: { steps: { s: { metrics: tokens(9) } } },
        },
      ],
      { isOwnOnly: true },
    )
    expect(tokenCount(usage.total)).toBe(5)
  })

  test('a paused run is not over, and its continuation adds only the rest', () => {
    const request = { event: 'ModelRequestCompleted', run_id: 'r-1', ...tokens(10, 4) }
    const usage = usageOf([started, request, { event: 'RunPaused', run_id: 'r-1' }])
    expect(usage.isOver).toBe(false)
    usage.readEvent(request)
    usage.readEvent({ event: 'RunCompleted', run_id: 'r-1', metrics: tokens(20, 8) })
    expect([tokenCount(usage.total), usage.isOver]).toEqual([28, true])
  })

  test.each([
    {},
    { event: 'RunCompleted' },
    { event: 1, run_id: 'r' },
    { run_id: 'r', event: 'X' },
  ])('the event %j counts nothing', (event) => {
    expect(usageOf([event]).total).toEqual({ input: 0, output: 0, microCost: 0 })
  })
})

describe('outputs', () => {
  test('an output counts its metrics, its members and the runs of its steps', () => {
    const usage = new RunUsage()
    usage.readOutput({
      run_id: 'w',
      status: 'COMPLETED',
      metrics: { steps: { s: { metrics: tokens(5) } } },
      step_executor_runs: [
        {
          run_id: 't',
          metrics: tokens(5),
          member_responses: [{ run_id: 'm', metrics: tokens(7) }],
        },
      ],
    })
    expect([tokenCount(usage.total), usage.isOver, usage.runId]).toEqual([12, true, 'w'])
  })

  test.each([
    ['PENDING', false],
    ['RUNNING', false],
    ['PAUSED', false],
    ['COMPLETED', true],
    ['ERROR', true],
    [undefined, true],
  ])('a run with the status %s is over: %s', (status, isOver) => {
    const usage = new RunUsage()
    usage.readOutput({ run_id: 'r', status })
    expect(usage.isOver).toBe(isOver)
  })

  test('members nested without end are read to a limit', () => {
    let output: Record<string, unknown> = { run_id: 'last', metrics: tokens(1) }
    for (let depth = 0; depth < 1_000; depth++) {
      output = { run_id: `${depth}`, member_responses: [output] }
    }
    const usage = new RunUsage()
    usage.readOutput(output)
    expect(tokenCount(usage.total)).toBe(0)
  })

  test('the output of a continued run contains what was counted before', () => {
    const usage = new RunUsage({ runId: 'r-1', before: { tokens: 14, microCost: 0 } })
    usage.readOutput({ run_id: 'r-1', metrics: tokens(20, 8) })
    expect(usage.total).toEqual({ input: 20, output: 8, microCost: 0 })
  })

  test('a continued run counts the output tokens above those before', () => {
    const usage = new RunUsage({ runId: 'r-1', before: { tokens: 24, microCost: 0 } })
    usage.readOutput({ run_id: 'r-1', metrics: tokens(20, 8) })
    expect(usage.total).toEqual({ input: 24, output: 4, microCost: 0 })
  })
})
