// Asks the MCP face with the official JavaScript client, of either line, and prints what it saw as JSON.
// Usage: client.mjs URL LINE COMPONENT TOOL [FORM_ANSWER] [REQUIREMENT_ANSWER]
const [, , url, line, agent, tool, given = '', filled = ''] = process.argv
const isModern = line === 'modern'
const isOld = line === 'sdk-1'
const { Client, StreamableHTTPClientTransport } = isOld
  ? {
      ...(await import('@modelcontextprotocol/sdk/client/index.js')),
      ...(await import('@modelcontextprotocol/sdk/client/streamableHttp.js')),
    }
  : await import('@modelcontextprotocol/client')

const forms = []
const client = new Client(
  { name: 'faces', version: '1' },
  {
    capabilities: given === '' ? {} : { elicitation: { form: {} } },
    ...(!isOld && { versionNegotiation: { mode: isModern ? 'auto' : 'legacy' } }),
  },
)
const fillIn = ({ params }) => {
  forms.push(params)
  return JSON.parse(given)
}
if (given !== '') {
  const { ElicitRequestSchema } = isOld ? await import('@modelcontextprotocol/sdk/types.js') : {}
  client.setRequestHandler(ElicitRequestSchema ?? 'elicitation/create', fillIn)
}
await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`)))
const { tools } = await client.listTools()
const progress = []
const options = { onprogress: ({ message }) => progress.push(message) }
const params = { name: agent, arguments: { message: tool === '' ? 'hello' : `use tool ${tool}` } }
const call = (params) =>
  isOld ? client.callTool(params, undefined, options) : client.callTool(params, options)
const result = await call(params)
const answered = {}
if (filled !== '') {
  const { run_id, session_id, requirements } = result.structuredContent
  const requirement = { ...requirements[0], ...JSON.parse(filled) }
  const args = { run_id, session_id, agent_id: agent, requirements: [requirement] }
  answered.continued = await call({ name: 'continue_run', arguments: args })
  answered.again = await call({ name: 'continue_run', arguments: args })
}
const version = isOld ? '' : client.getNegotiatedProtocolVersion()
await client.close()
const names = tools.map(({ name }) => name)
process.stdout.write(
  `${JSON.stringify({ names, progress, forms, result, version, ...answered })}\n`,
)
