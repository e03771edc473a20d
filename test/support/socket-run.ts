/** Starts a workflow run over the socket of a gateway in front of one fake AgentOS. */
import { gatewayOf } from './gateway.ts'
import { connectedSocket } from './socket-client.ts'
import { startSocketUpstream } from './socket-upstream.ts'

/**
 * Resolves once the client has the first event of run `r1`.
 *
 * @param workflows ids that the AgentOS serves. Default: `flow`, which is run.
 */
export async function socketWithRun(workflows: readonly string[] = ['flow']) {
  const upstream = await startSocketUpstream({ workflows })
  const gateway = await gatewayOf({ a: upstream.url })
  const client = await connectedSocket(gateway.url)
  client.say({ action: 'start-workflow', workflow_id: 'flow' })
  const end = await upstream.next()
  await end.start('r1')
  await client.nextText()
  return { upstream, gateway, client, end }
}
