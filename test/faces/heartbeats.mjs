// Reads one stream with the named client, and prints what it saw as JSON: `heartbeats.mjs CLIENT URL`.

async function parser(url) {
  const { EventSourceParserStream } = await import('eventsource-parser/stream')
  const { body } = await fetch(url)
  const events = body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream())
  const seen = []
  for await (const { id, event, data } of events) seen.push([id, event, data])
  return seen
}

async function openai(url) {
  const { default: OpenAI } = await import('openai')
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

async function a2a(url) {
  const { ClientFactory } = await import('@a2a-js/sdk/client')
  const client = await new ClientFactory().createFromUrl(url)
  const content = { $case: 'text', value: 'hello' }
  const parts = [{ content, mediaType: '', filename: '' }]
  const ids = { messageId: crypto.randomUUID(), contextId: '', taskId: '' }
  const message = { ...ids, role: 1, parts, extensions: [], referenceTaskIds: [] }
  const seen = []
  for await (const { payload } of client.sendMessageStream({ message })) {
    if (payload.$case !== 'artifactUpdate') continue
    for (const { content: part } of payload.value.artifact.parts) seen.push(part.value)
  }
  return seen.filter((text) => text)
}

async function mcp(url) {
  const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client')
  const seen = []
  for (const mode of ['auto', 'legacy']) {
    const client = new Client({ name: 'me', version: '1' }, { versionNegotiation: { mode } })
    await client.connect(new StreamableHTTPClientTransport(new URL(url)))
    const result = await client.callTool({ name: 'slow', arguments: { message: 'hello' } })
    seen.push(result.content[0].text)
    await client.close()
  }
  return seen
}

const [, , client, url] = process.argv
process.stdout.write(`${JSON.stringify(await { parser, openai, a2a, mcp }[client](url))}\n`)
