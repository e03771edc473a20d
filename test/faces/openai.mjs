// Asks the OpenAI face with the official JavaScript client, and prints what it saw as JSON.
import OpenAI from 'openai'

const [, , url, suffix] = process.argv
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 })

let text = ''
const stream = client.chat.completions.stream({
  model: `helper-${suffix}`,
  messages: [{ role: 'user', content: 'hello' }],
})
for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''

const messages = [{ role: 'user', content: 'use tool read_clock' }]
const paused = await client.chat.completions.create({ model: `outside-${suffix}`, messages })
const [choice] = paused.choices
const id = choice.message.tool_calls[0].id
const answers = [...messages, choice.message, { role: 'tool', tool_call_id: id, content: 'noon' }]
const done = await client.chat.completions.create({ model: `outside-${suffix}`, messages: answers })
const answered = done.choices[0].message.content
process.stdout.write(`${JSON.stringify({ text, finish: choice.finish_reason, answered })}\n`)
