// Reads one stream with the named client, and prints what it saw as JSON: `heartbeats.mjs parser|openai URL`.
import { EventSourceParserStream } from 'eventsource-parser/stream'
import OpenAI from 'openai'

async function parser(url) {
  const { body } = await fetch(url)
  const events = body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream())
  const seen = []
  for await (const { id, event, data } of events) seen.push([id, event, data])
  return seen
}

async function openai(url) {
  const client = new OpenAI({ baseURL: url, apiKey: 'none', maxRetries: 0 })
  const messages = [{ role: 'user', content: 'hello' }]
  const stream = await client.chat.completions.create({
    model: 'agent/slow',
    messages,
    stream: true,
  })
  const seen = []
  for await (const { choices } of stream) seen.push(choices[0]?.delta.content)
  return seen.filter((text) => text)
}

const [, , client, url] = process.argv
process.stdout.write(`${JSON.stringify(await { parser, openai }[client](url))}\n`)
