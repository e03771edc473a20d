// Calls both APIs of the OpenAI face with Vercel's AI SDK, and prints what it saw as JSON.
// Usage: ai-sdk.mjs URL SUFFIX…
import { createOpenAI } from '@ai-sdk/openai'
import { generateText, isStepCount, jsonSchema, streamText, tool } from 'ai'

const [, , url, ...suffixes] = process.argv
const provider = createOpenAI({ baseURL: `${url}/v1`, apiKey: 'none' })
const once = { maxRetries: 0, stopWhen: isStepCount(3) }
const nothing = jsonSchema({ type: 'object', properties: {} })
const text = jsonSchema({ type: 'object', properties: { text: { type: 'string' } } })
const tools = {
  read_clock: tool({ inputSchema: nothing, execute: async () => 'noon' }),
  agentos_confirm: tool({ inputSchema: nothing, execute: async () => ({ accepted: true }) }),
}

async function seenWith(api, suffix) {
  const model = (name) => provider[api](`${name}-${suffix}`)
  const required = await generateText({
    ...once,
    model: model('helper'),
    prompt: 'reply {"text":"x"}',
    tools: { answer: tool({ inputSchema: text }) },
    toolChoice: 'required',
  })
  const first = streamText({ ...once, model: model('helper'), prompt: 'use tool' })
  const types = []
  for await (const { type } of first.fullStream) types.push(type)
  const turn = { role: 'user', content: 'use tool' }
  const messages = [turn, ...(await first.responseMessages), { role: 'user', content: 'two' }]
  const second = await generateText({ ...once, model: model('helper'), messages })
  const ask = (name, prompt) => generateText({ ...once, model: model(name), prompt, tools })
  const outside = await ask('outside', 'use tool read_clock')
  const confirmed = await ask('confirming', 'use tool delete_file')
  return {
    api,
    required: required.toolCalls[0].input,
    types,
    second: second.text,
    outside: [outside.text, outside.steps.map(({ finishReason }) => finishReason)],
    confirmed: confirmed.text,
  }
}

const seen = []
for (const api of ['chat', 'responses']) {
  for (const suffix of suffixes) seen.push(await seenWith(api, suffix))
}
process.stdout.write(`${JSON.stringify(seen)}\n`)
