import { describe, expect, test } from 'vitest'
import { RunTree } from '../../../console/state/run-events.ts'
import type { AnyEvent, Block } from '../../../console/state/run-model.ts'
import { storedNode } from '../../../console/state/stored-run.ts'
import type { SessionRun } from '../../../src/client/db-types.ts'
import { allEvents, list, openDemo, post } from '../demo/support.ts'

function treeOf(events: readonly AnyEvent[]): RunTree {
  const tree = new RunTree()
  for (const [index, event] of events.entries()) tree.apply(event, index)
  return tree
}

/** The tree of a run of the demo. */
async function played(url: string, message: string): Promise<RunTree> {
  return treeOf((await allEvents(post(url, { message }))).map(({ data }) => data))
}

/** Types of blocks, with those inside of members and steps. */
function shape(blocks: readonly Block[]): unknown[] {
  return blocks.map((block) => {
    if (block.type === 'run') return [block.run.name, ...shape(block.run.blocks)]
    if (block.type === 'step') return [`${block.construct} ${block.name}`, ...shape(block.blocks)]
    return block.type
  })
}

describe('RunTree with the events of the demo', () => {
  test('an answer has reasoning, text, sources and media in this order', async () => {
    const { a } = await openDemo()
    const { root } = await played(`${a}/agents/report/runs`, 'figures')
    expect(shape(root?.blocks ?? [])).toEqual(['reasoning', 'text', 'sources', 'media'])
    expect(root).toMatchObject({
      state: 'completed',
      metrics: { total_tokens: expect.any(Number) },
    })
  })

  test('members follow the tool call that gave them their task', async () => {
    const { b } = await openDemo()
    const { root } = await played(`${b}/teams/duo/runs`, 'rain')
    expect(shape(root?.blocks ?? [])).toEqual([
      'tool',
      ['Poet', 'text'],
      'tool',
      ['Critic', 'text'],
      'text',
    ])
    expect(root?.blocks[0]).toMatchObject({ type: 'tool', state: 'done' })
  })

  test('parallel steps are inside of their step', async () => {
    const { b } = await openDemo()
    const { root } = await played(`${b}/workflows/panel/runs`, 'rain')
    expect(shape(root?.blocks ?? [])).toEqual([
      ['Parallel opinions', ['Step verse', ['Poet', 'text']], ['Step prose', ['Critic', 'text']]],
      ['Step sum up', ['Critic', 'text']],
      'text',
    ])
  })

  test('a stored team shows the runs of its members, and a workflow its steps', async () => {
    const { b } = await openDemo()
    await post(`${b}/workflows/panel/runs`, { message: 'rain', stream: 'false', session_id: 'w' })
    const [flow] = (await list(fetch(`${b}/sessions/w/runs`))) as unknown as SessionRun[]
    if (flow === undefined) throw new Error('no run')
    expect(shape(storedNode(flow, [flow], 'Panel').blocks)).toEqual([
      ['Parallel opinions', ['Step verse', 'text'], ['Step prose', 'text']],
      ['Step sum up', 'text'],
      'text',
    ])
    const team = { run_id: 't', status: 'COMPLETED', content: 'both' } as unknown as SessionRun
    const member = { run_id: 'm', parent_run_id: 't', agent_id: 'poet', content: 'one' }
    const all = [team, member as unknown as SessionRun]
    expect(shape(storedNode(team, all, 'Duo').blocks)).toEqual([['poet', 'text'], 'text'])
  })
})

const AGENT = { run_id: 'r', session_id: 's', agent_id: 'a' }

describe('RunTree with single events', () => {
  test('a pause is kept until the run continues', () => {
    const tool = { tool_call_id: 'c', tool_name: 'rm', requires_confirmation: true }
    const tree = treeOf([
      { ...AGENT, event: 'RunStarted' },
      { ...AGENT, event: 'RunPaused', tools: [tool] },
    ])
    expect(tree.pause?.tools).toEqual([tool])
    expect(tree.root?.blocks).toMatchObject([{ type: 'tool', state: 'waiting' }])
    tree.apply({ ...AGENT, event: 'RunContinued' }, 9)
    expect(tree.pause).toBeUndefined()
    expect(tree.root?.state).toBe('running')
  })

  test('a rejected call is shown as rejected, and a cancelled run stays cancelled', () => {
    const tool = { tool_call_id: 'c', tool_name: 'rm', requires_confirmation: true }
    const tree = treeOf([{ ...AGENT, event: 'RunPaused', tools: [tool] }])
    tree.decide({
      field: 'requirements',
      value: [{ tool_execution: { ...tool, confirmed: false } }],
    })
    expect(tree.root?.blocks).toMatchObject([{ type: 'tool', state: 'rejected' }])
    tree.apply({ ...AGENT, event: 'RunCancelled' }, 1)
    tree.apply({ ...AGENT, event: 'RunCompleted', metrics: { total_tokens: 3 } }, 2)
    expect(tree.root).toMatchObject({ state: 'cancelled', metrics: { total_tokens: 3 } })
  })

  test('the text of the last event counts only where none was streamed', () => {
    const said = { ...AGENT, event: 'RunContent', content: 'hello' }
    const end = { ...AGENT, event: 'RunCompleted', content: 'hello' }
    expect(treeOf([said, end]).root?.blocks).toHaveLength(1)
    expect(treeOf([end]).root?.blocks).toMatchObject([{ type: 'text', text: 'hello' }])
  })

  test('structured content replaces the one before it', () => {
    const said = (value: number) => ({ ...AGENT, event: 'RunContent', content: { value } })
    const { root } = treeOf([said(1), said(2), { ...AGENT, event: 'RunCompleted', content: {} }])
    expect(root?.blocks).toMatchObject([{ type: 'structured', value: {}, rev: 2 }])
  })

  test('a cancelled workflow ends the steps that are open', () => {
    const step = { step_id: '1', step_name: 'wait', run_id: 'w' }
    const { root } = treeOf([
      { event: 'WorkflowStarted', run_id: 'w', workflow_id: 'flow' },
      { ...step, event: 'LoopExecutionStarted' },
      { ...step, event: 'LoopIterationStarted', iteration: 2 },
      { event: 'WorkflowCancelled', run_id: 'w', reason: 'enough' },
    ])
    expect(root).toMatchObject({ name: 'flow', state: 'cancelled' })
    expect(root?.blocks).toMatchObject([
      { type: 'step', construct: 'Loop', state: 'cancelled', note: 'iteration 2' },
      { type: 'note', text: 'enough' },
    ])
  })

  test('a failed step shows the reason of its failure', () => {
    const step = { step_id: '1', step_name: 'x', run_id: 'w' }
    const { root } = treeOf([
      { ...step, event: 'StepStarted' },
      { ...step, event: 'StepError', error: 'no' },
    ])
    expect(root?.blocks).toMatchObject([{ type: 'step', state: 'error', note: 'no' }])
  })

  test('the index of the last event is known for a resume', () => {
    const tree = treeOf([
      { event: 'catch_up', run_id: 'r' },
      { ...AGENT, event: 'RunStarted', event_index: 0 },
      { ...AGENT, event: 'RunContent', content: 'x', event_index: 7 },
    ])
    expect([tree.lastIndex, tree.sessionId]).toEqual([7, 's'])
  })

  test('the continuation of a stored run changes the same run, members and steps', () => {
    const stored = { status: 'PAUSED', session_id: 's' }
    const runs = [
      { ...stored, run_id: 't', team_id: 'team' },
      { ...stored, run_id: 'm', agent_id: 'one', parent_run_id: 't' },
    ]
    const tree = new RunTree()
    tree.begin(storedNode(runs[0] as SessionRun, runs, 'Team'))
    const member = { run_id: 'm', parent_run_id: 't' }
    tree.apply({ ...member, event: 'RunContinued' }, 1)
    tree.apply({ ...member, event: 'RunContent', content: 'done' }, 2)
    tree.apply({ ...member, event: 'RunCompleted' }, 3)
    tree.apply({ event: 'TeamRunCompleted', run_id: 't', content: 'all done' }, 4)
    expect(tree.root).toMatchObject({ id: 't', state: 'completed' })
    expect(shape(tree.root?.blocks ?? [])).toEqual([['one', 'text'], 'text'])
    const workflow = new RunTree()
    const results = [{ step_id: '1', step_name: 'ask', content: 'x' }]
    const run = { ...stored, run_id: 'w', step_results: results }
    workflow.begin(storedNode(run as SessionRun, [run], 'Flow'))
    workflow.apply({ event: 'StepCompleted', run_id: 'w', step_id: '1', step_name: 'ask' }, 1)
    expect(shape(workflow.root?.blocks ?? [])).toEqual([['Step ask', 'text']])
  })

  const GARBAGE = [null, 0, '', [], {}, [[]], { a: null }, 'x'.repeat(9)]
  const NAMES = ['RunContent', 'TeamToolCallStarted', 'StepStarted', 'RunPaused', 'Nothing', '']
  test.each(NAMES)('%s with fields of any type is no failure', (event) => {
    for (const value of GARBAGE) {
      const fields = ['run_id', 'content', 'tool', 'tools', 'step_id', 'metrics', 'images', 'event']
      for (const field of fields) treeOf([{ event, [field]: value } as AnyEvent])
    }
  })
})
