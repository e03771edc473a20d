/** Tests the progress and the answers of the MCP face on the recorded streams of AgentOS. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { ComponentKind } from '../../../../config/types.ts'
import { runEvent } from '../../../../src/client/run-events.ts'
import { collectRun } from '../../../../src/face/collect-run.ts'
import type { FaceEvent } from '../../../../src/face/face-events.ts'
import { ProgressTranslator } from '../../../../src/face/mcp/progress.ts'
import { errorAnswer, runAnswer } from '../../../../src/face/mcp/run-answer.ts'
import { RunReader } from '../../../../src/face/run-reader.ts'
import { EventStreamParser } from '../../../../src/relay/event-stream-parser.ts'

const FOLDER = new URL('../../../fixtures/runs/', import.meta.url)
const COMPONENTS = { agent: 'agents', team: 'teams', workflow: 'workflows' } as const
const STATUSES = { cancel: 'CANCELLED', pause: 'PAUSED' } as const

function kindOf(name: string): ComponentKind {
  return COMPONENTS[name.split('-')[0] as keyof typeof COMPONENTS]
}

function eventsOf(name: string): FaceEvent[] {
  const reader = new RunReader(kindOf(name))
  const raw = new EventStreamParser().push(readFileSync(new URL(name, FOLDER)))
  return raw.flatMap((event) => reader.read(runEvent(event)))
}

describe.each(readdirSync(FOLDER))('%s', (name) => {
  const kind = kindOf(name)
  const [, status = 'COMPLETED'] =
    Object.entries(STATUSES).find(([word]) => name.includes(word)) ?? []

  test('The progress of a recorded run increases from zero', () => {
    const progress = new ProgressTranslator('Agent X', 0)
    const told = eventsOf(name).flatMap((event) => progress.push(event, 1) ?? [])
    expect(told[0]).toEqual({ progress: 0, message: expect.stringMatching(/started|continued$/) })
    expect(told.map((each) => each.progress)).toEqual(told.map((_, index) => index))
  })

  test('The answer of a recorded run holds its ids and its status', async () => {
    const answer = runAnswer({ kind, id: 'x' }, await collectRun(eventsOf(name)))
    expect(answer.structuredContent).toMatchObject({
      run_id: expect.stringMatching(/./),
      session_id: expect.stringMatching(/./),
      status,
      [`${kind.slice(0, -1)}_id`]: 'x',
    })
    expect(answer.content[0]).toEqual({
      type: 'text',
      text: answer.structuredContent?.['content'],
    })
    expect(answer.isError ?? false).toBe(status === 'CANCELLED')
    const requirements = answer.structuredContent?.['requirements']
    if (status === 'PAUSED') expect(requirements).toHaveLength(1)
    else expect(requirements).toBeUndefined()
  })
})

test('A run with text alone reports progress after each silent interval', () => {
  const progress = new ProgressTranslator('Agent X', 0)
  const text = { type: 'text', text: 'x', raw: {}, member: undefined } as unknown as FaceEvent
  const told = [5_000, 10_000, 15_000, 20_000].map((now) => progress.push(text, now)?.progress)
  expect(told).toEqual([undefined, 0, undefined, 1])
})

test('Media of a run are content blocks of their type', async () => {
  const products = [
    { kind: 'image', content: 'AA==', mimeType: 'image/webp' },
    { kind: 'audio', content: 'AA==' },
    { kind: 'file', content: 'AA==', filename: 'a b.pdf', mimeType: 'application/pdf' },
    { kind: 'video', url: 'https://example.com/v.mp4' },
    { kind: 'image', url: 'no address' },
  ]
  const result = { text: 'hi', products }
  const end = { type: 'completed', rest: 'hi', result, raw: {}, member: undefined }
  const started = { type: 'started', runId: 'r', sessionId: 's' }
  const run = await collectRun([started, end] as unknown as FaceEvent[])
  expect(runAnswer({ kind: 'agents', id: 'x' }, run).content).toEqual([
    { type: 'text', text: 'hi' },
    { type: 'image', data: 'AA==', mimeType: 'image/webp' },
    { type: 'audio', data: 'AA==', mimeType: 'audio/mpeg' },
    {
      type: 'resource',
      resource: {
        uri: 'agno://tool-result/file/a%20b.pdf',
        mimeType: 'application/pdf',
        blob: 'AA==',
      },
    },
    {
      type: 'resource_link',
      uri: 'https://example.com/v.mp4',
      name: 'video',
      mimeType: 'video/mp4',
    },
  ])
})

test('A failed run is an error that the model sees', async () => {
  const end = { type: 'failed', message: 'broken', code: 'x', raw: {}, member: undefined }
  const run = await collectRun([end] as unknown as FaceEvent[])
  expect(runAnswer({ kind: 'agents', id: 'x' }, run)).toMatchObject({
    isError: true,
    content: [{ text: 'broken' }],
    structuredContent: { status: 'ERROR' },
  })
})

test('A refusal keeps its status and its code', () => {
  const code = 'AGW_RUN_NOT_PAUSED'
  const refusal = { status: 409, message: 'no', code, isRetryable: false, headers: {} }
  expect(errorAnswer(refusal)).toEqual({
    isError: true,
    content: [{ type: 'text', text: 'no' }],
    structuredContent: { error: { status: 409, message: 'no', code: 'AGW_RUN_NOT_PAUSED' } },
  })
})
