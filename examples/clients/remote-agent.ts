/** Uses the gateway's published SDK as a client: start the gateway, then `npm run example examples/clients/remote-agent.ts`. */
import { RemoteAgent, RemoteTeam } from 'agentos-gateway'

const baseUrl = process.argv[2] ?? 'http://127.0.0.1:8080'

const echo = new RemoteAgent({ baseUrl, agentId: 'echo' })
const output = await echo.run('hello', { sessionId: 'typescript' })
process.stdout.write(`echo: ${output.content}\n`)

const slow = new RemoteAgent({ baseUrl, agentId: 'slow' })
for await (const event of slow.run('count to 5', { stream: true })) {
  process.stdout.write(`slow: ${event.event}\n`)
}

const duo = new RemoteTeam({ baseUrl, teamId: 'duo' })
process.stdout.write(`duo: ${(await duo.run('the sea')).content}\n`)

await Promise.all([echo.close(), slow.close(), duo.close()])
