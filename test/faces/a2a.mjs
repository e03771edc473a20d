// Uses one component over A2A with the official JavaScript client, and prints the outcome as JSON.
// Usage: a2a.mjs URL PATH MESSAGE
import { ClientFactory } from '@a2a-js/sdk/client'

const [, , url, path, text] = process.argv
const client = await new ClientFactory().createFromUrl(`${url}${path}`)
const message = (content) => ({
  messageId: crypto.randomUUID(),
  role: 1,
  parts: [{ content: { $case: 'text', value: content }, mediaType: '', filename: '' }],
  contextId: '',
  taskId: '',
  extensions: [],
  referenceTaskIds: [],
})

const sent = await client.sendMessage({ message: message(text) })
const streamed = []
for await (const event of client.sendMessageStream({ message: message(text) })) streamed.push(event)
const { id } = streamed[0].payload.value
const got = await client.getTask({ id })
let error = ''
await client.cancelTask({ id }).catch((thrown) => {
  error = thrown.name
})
process.stdout.write(`${JSON.stringify({ sent, streamed, got, error })}\n`)
