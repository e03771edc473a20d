// Runs agents over AG-UI with an official client of either dialect, and prints the events as JSON.
// Usage: agui.mjs URL CLIENT PATH MESSAGE [ANSWER] [TOOL]; TOOL is the name of a tool of the front end
const [, , url, client, path, message, answer, tool] = process.argv
const { HttpAgent } = await import(client)

const seen = []
const agent = new HttpAgent({ url: `${url}${path}`, threadId: crypto.randomUUID() })
const subscriber = { onEvent: ({ event }) => void seen.push(event) }
const parameters = { type: 'object', properties: {} }
const tools = tool === undefined ? [] : [{ name: tool, description: tool, parameters }]
const turn = (more = {}) => agent.runAgent({ tools, ...more }, subscriber)

agent.addMessage({ id: crypto.randomUUID(), role: 'user', content: message })
let error = ''
let again
try {
  await turn()
  const call = seen.findLast(({ type }) => type === 'TOOL_CALL_START')
  if (answer !== undefined) {
    const interrupt = seen.at(-1).outcome?.interrupts?.[0]
    const payload = JSON.parse(answer)
    const content = typeof payload === 'string' ? payload : answer
    const id = crypto.randomUUID()
    const reply = { id, role: 'tool', toolCallId: call.toolCallId, content }
    const resume = [{ interruptId: interrupt?.id, status: 'resolved', payload }]
    if (!interrupt) agent.addMessage(reply)
    await turn(interrupt ? { resume } : {})
    const ids = { threadId: agent.threadId, runId: crypto.randomUUID() }
    const body = { ...ids, ...(interrupt ? { messages: [], resume } : { messages: [reply] }) }
    const headers = { 'content-type': 'application/json' }
    const sent = { method: 'POST', headers, body: JSON.stringify(body) }
    again = (await fetch(`${url}${path}`, sent)).status
  }
} catch (thrown) {
  error = String(thrown)
}
process.stdout.write(`${JSON.stringify({ events: seen, error, again })}\n`)
