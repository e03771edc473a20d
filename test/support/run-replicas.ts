/** Several replicas of one fake AgentOS, each with its own runs in memory, as in AgentOS. */

import { startAgentOs } from './agentos.ts'
import type { ReceivedRequest } from './fake-upstream.ts'
import { answerJson, beginEvents, eventText } from './fake-upstream.ts'
import type { RunningGateway } from './gateway.ts'
import { startGateway } from './gateway.ts'

export interface RunReplica {
  readonly name: string
  readonly url: string
  readonly port: number
  /** Ids of the runs that started at this replica. */
  readonly runs: Set<string>
  /** Requests about runs, such as `POST /agents/echo/runs`, without query. */
  readonly asked: () => string[]
  close(): Promise<void>
}

/** @param names one letter each; the runs of `a` are `a-1`, `a-2`, … */
export async function startRunReplicas(names: readonly string[]): Promise<RunReplica[]> {
  return Promise.all(
    names.map(async (name) => {
      const runs = new Set<string>()
      const upstream = await startAgentOs(
        { agents: ['echo'] },
        async (request, response, message) => {
          await message.toArray()
          const [, , , , runId, action] = (request.url.split('?', 1)[0] as string).split('/')
          if (runId === undefined) {
            const id = `${name}-${runs.size + 1}`
            runs.add(id)
            return answerJson(
              response,
              { run_id: id, session_id: `s-${id}`, status: 'PENDING' },
              202,
            )
          }
          if (action === 'cancel') return answerJson(response, {})
          if (action === 'resume') {
            beginEvents(response)
            const event = runs.has(runId)
              ? { event: 'catch_up', run_id: runId }
              : { event: 'error', error: `Run ${runId} not found in buffer or database` }
            return void response.end(eventText(event))
          }
          if (runs.has(runId)) answerJson(response, { run_id: runId, at: name })
          else answerJson(response, { detail: 'Run not found' }, 404)
        },
      )
      const asked = () => upstream.requests.filter(({ url }) => url.includes('/runs')).map(line)
      return { name, url: upstream.url, port: upstream.port, runs, asked, close: upstream.close }
    }),
  )
}

const line = ({ method, url }: ReceivedRequest) => `${method} ${url.split('?', 1)[0]}`

/** Starts a gateway with the replicas as one upstream, `u`. */
export function gatewayOverReplicas(
  replicas: readonly { readonly url: string }[],
  document: object = {},
  balancing: object = {},
): Promise<RunningGateway> {
  const urls = replicas.map(({ url }) => url)
  return startGateway(
    {
      upstreams: [{ name: 'u', urls, health_check: false, policy: 'round_robin', ...balancing }],
      ...document,
    },
    { ready: ['u'] },
  )
}
