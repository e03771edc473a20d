import { describe, expect, test } from 'vitest'
import { AguiStream } from '../../../src/face/agui/agui-stream.ts'
import { ChatStream } from '../../../src/face/openai/chat-stream.ts'
import { ResponseStream } from '../../../src/face/openai/response-stream.ts'
import { ENDS, endOf, eventsOf, framesOf, RECORDED } from '../../support/recorded-runs.ts'

const chat = () =>
  new ChatStream({ model: 'm', pauseStyle: 'tools', includesUsage: true, created: 1 })
const agui = (isVersion1: boolean) =>
  new AguiStream({ threadId: 't', runId: 'r', isVersion1, tools: [], answers: [] })
const frame = {
  model: 'm',
  created: 1,
  isBackground: false,
  previousId: undefined,
  pauseStyle: 'text' as const,
  metadata: {},
}
const reference = { kind: 'agents', id: 'x', sessionId: 's', runId: 'r' } as const

describe.each(RECORDED)('%s', (name) => {
  const ending = endOf(name)

  test('a recorded run ends with exactly one last event', () => {
    const types = eventsOf(name).map(({ type }) => type)
    const ends = types.filter((type) => ENDS.has(type))
    expect(ends).toEqual([ending])
    expect(types.at(-1)).toBe(ending)
  })

  test('the chunks contain the whole text and one [DONE]', () => {
    const frames = framesOf(name, chat())
    expect(frames.filter((data) => data === '[DONE]')).toHaveLength(1)
    expect(frames.at(-1)).toBe('[DONE]')
    const chunks = frames.slice(0, -1).map((data) => JSON.parse(data))
    const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')
    const last = eventsOf(name).at(-1)
    if (last?.type === 'completed') expect(text.trim()).toBe(last.result.text.trim())
    const reasons = chunks.map(({ choices }) => choices[0]?.finish_reason).filter(Boolean)
    expect(reasons).toEqual([ending === 'paused' ? 'tool_calls' : 'stop'])
  })

  test('response events are numbered without a gap and resumable', () => {
    const frames = framesOf(name, new ResponseStream({ frame, reference }))
    const numbers = frames.map((data) => JSON.parse(data).sequence_number)
    expect(numbers).toEqual(numbers.map((_, index) => index))
    const followed = framesOf(name, new ResponseStream({ frame, reference, startingAfter: 3 }))
    expect(followed).toEqual(frames.slice(4))
  })

  test.each([true, false])('AG-UI events are nested correctly, protocol 1.0: %s', (isVersion1) => {
    const events = framesOf(name, agui(isVersion1)).map((data) => JSON.parse(data))
    expect(events[0].type).toBe('RUN_STARTED')
    const isRefused = ending === 'cancelled' && !isVersion1
    expect(events.at(-1).type).toBe(isRefused ? 'RUN_ERROR' : 'RUN_FINISHED')
    const open = new Set<string>()
    for (const event of events.filter(({ toolCallId }) => toolCallId === undefined)) {
      const key = event.messageId ?? event.stepName ?? event.subagentRunId
      if (/START(ED)?$/.test(event.type) && key) open.add(event.type + key)
      const start = event.type.replace(
        /_(END|FINISHED)$/,
        event.type.endsWith('END') ? '_START' : '_STARTED',
      )
      if (start !== event.type && key) expect(open.delete(start + key)).toBe(true)
    }
    expect([...open]).toEqual([])
  })
})
