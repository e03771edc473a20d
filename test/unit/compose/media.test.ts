/** Tests that the media of members reach later steps and the output of the composed run. */
import { expect, test } from 'vitest'
import { mediaAfter } from '../../../src/compose/media.ts'
import {
  condition,
  OpenAiLeader,
  parallel,
  step,
  steps,
  Team,
  Workflow,
} from '../../../src/index.ts'
import { startChatServer } from '../../support/chat-server.ts'
import { all } from '../client/support.ts'
import { agent } from './recordings.ts'
import { scriptedWorkflow, startScripted } from './scripted.ts'

const GIVEN = { images: [{ url: 'http://localhost/given.png' }] }
const given = { url: 'http://localhost/given.png' }
const drawn = (id: string, message = 'x') => ({ id: `${id}(${message})`, content: 'AAAA' })

/** The images that a member was sent. */
function imagesOf(runs: readonly Record<string, string | undefined>[], id: string): unknown {
  const images = runs.find((run) => run['agent'] === id)?.['images']
  return images === undefined ? undefined : JSON.parse(images)
}

test('a step receives the media of the run and of earlier steps', async () => {
  const { workflow, runs } = await scriptedWorkflow((member) => [
    step('a', member('draw-a')),
    step('b', member('echo-b')),
    step('c', member('echo-c')),
  ])
  const output = await workflow.run('x', GIVEN)
  expect(imagesOf(runs, 'draw-a')).toEqual([given])
  expect(imagesOf(runs, 'echo-b')).toEqual([given, drawn('draw-a')])
  expect(imagesOf(runs, 'echo-c')).toEqual([given, drawn('draw-a')])
  expect(output).toMatchObject({ images: [drawn('draw-a')] })
})

test('parallel steps receive no media of each other, and their successor all', async () => {
  const { workflow, runs } = await scriptedWorkflow((member) => [
    parallel('both', [step('a', member('draw-a')), step('b', member('draw-b'))]),
    step('c', member('echo-c')),
  ])
  const output = await workflow.run('x')
  expect(imagesOf(runs, 'draw-a')).toBeUndefined()
  expect(imagesOf(runs, 'draw-b')).toBeUndefined()
  expect(imagesOf(runs, 'echo-c')).toEqual([drawn('draw-a'), drawn('draw-b')])
  expect(output).toMatchObject({ images: [drawn('draw-a'), drawn('draw-b')] })
})

test('media of nested blocks and workflows reach the next step', async () => {
  const { upstream, runs } = await startScripted()
  const inner = new Workflow({ id: 'inner', steps: [step('d', agent(upstream, 'draw-d'))] })
  const group = steps('group', [condition('if', 'true', [step('a', agent(upstream, 'draw-a'))])])
  const workflow = new Workflow({
    id: 'w',
    steps: [group, step('nested', inner), step('c', agent(upstream, 'echo-c'))],
  })
  const events = await all(workflow.run('x', { stream: true }))
  expect(events.at(-1)).toMatchObject({ event: 'WorkflowCompleted' })
  expect(imagesOf(runs, 'echo-c')).toEqual([drawn('draw-a'), drawn('draw-d', 'draw-a(x)')])
})

test('the events and the output of a team contain its members’ media', async () => {
  const { upstream } = await startScripted()
  const chat = await startChatServer()
  const model = new OpenAiLeader({ baseUrl: `${chat.url}/v1`, model: 'fake' })
  const team = new Team({ id: 't', model, members: [agent(upstream, 'draw')] })
  const images = [drawn('draw', 'hello')]
  expect(await team.run('hello')).toMatchObject({ images })
  const events = await all(team.run('hello', { stream: true }))
  const ends = ['TeamToolCallCompleted', 'TeamRunCompleted']
  expect(events.filter(({ event }) => ends.includes(event))).toMatchObject([{ images }, { images }])
})

test('media of earlier steps that exceed a form field are left out', () => {
  const image = (id: string, length: number) => ({ id, content: 'A'.repeat(length) })
  const outputs = [
    { images: [image('a', 600_000), image('huge', 1_200_000)] },
    { images: [image('b', 600_000), image('c', 300_000)] },
  ]
  const ids = (options: object) => mediaAfter(options, outputs).images.map(({ id }) => id)
  expect(ids({})).toEqual(['a', 'c'])
  expect(ids({ images: [image('given', 500_000)] })).toEqual(['given', 'c'])
})
