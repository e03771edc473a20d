import { expect, onTestFinished, test } from 'vitest'
import { serveLeader } from '../../../demo/leader.ts'
import { OpenAiLeader } from '../../../src/index.ts'

const system = `<member id="poet" name="Poet">
  Role: poems and verses
</member>
<member id="critic" name="Critic">
  Role: criticism and reviews
</member>`

async function start() {
  const leader = await serveLeader()
  onTestFinished(() => leader.close())
  const model = new OpenAiLeader({ baseUrl: leader.url, model: 'scripted' })
  const turn = (messages: Parameters<typeof model.turn>[0]['messages']) =>
    model.turn({
      system,
      messages,
      tools: [{ name: 'delegate_task_to_member', description: '', parameters: { type: 'object' } }],
      signal: new AbortController().signal,
      onText: async () => undefined,
    })
  return { turn, url: leader.url }
}

test.each([
  ['a poem about Saturn', ['poet']],
  ['a poem and its review', ['poet', 'critic']],
  ['something else', ['poet']],
])('the leader of the demo gives "%s" to %j', async (content, members) => {
  const { turn } = await start()
  const { calls } = await turn([{ role: 'user', content }])
  expect(calls.map(({ args }) => Object(args).member_id)).toEqual(members)
})

test('the leader of the demo answers with the answers of its members', async () => {
  const { turn } = await start()
  const call = { id: 'c', name: 'delegate_task_to_member', args: {} }
  const { text, calls } = await turn([
    { role: 'user', content: 'a poem' },
    { role: 'assistant', content: '', calls: [call] },
    { role: 'tool', callId: 'c', name: call.name, result: 'Of Saturn' },
  ])
  expect([text, calls]).toEqual(['Of Saturn', []])
})

test('the leader of the demo refuses a body that is no request', async () => {
  const { url } = await start()
  const post = (body: string) => fetch(`${url}/chat/completions`, { method: 'POST', body })
  const whole = (await (await post('{"messages": []}')).json()) as { choices: object[] }
  expect(whole.choices).toMatchObject([{ message: { content: 'I have no member for that.' } }])
  expect((await post('no JSON')).status).toBe(400)
  expect((await post(`"${'x'.repeat(5 * 1024 * 1024)}"`)).status).toBe(400)
})
