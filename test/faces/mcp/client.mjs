// Asks the MCP face with the official JavaScript client, of either line, and prints what it saw as JSON.
const [, , url, line, agent, tool, given = ''] = process.argv
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
const result = isOld
  ? await client.callTool(params, undefined, options)
  : await client.callTool(params, options)
const version = isOld ? '' : client.getNegotiatedProtocolVersion()
await client.close()
const names = tools.map(({ name }) => name)
process.stdout.write(`${JSON.stringify({ names, progress, forms, result, version })}\n`)
