/** Measures what a face costs for each event, beside the plain relay of the same events. */
import type { Figures, Scenario } from '../scenario.ts'
import { cpuDuring } from '../scenario.ts'
import { TOKEN } from '../token.ts'

const STREAMS = 100
const EVERY_MS = 20

/** The request for a stream of the scripted upstream. */
interface Way {
  readonly path: string
  readonly type: string
  readonly headers?: Readonly<Record<string, string>>
  body(message: string): string
}

const JSON_TYPE = 'application/json'
const WAYS: Readonly<Record<'relay' | 'openai' | 'mcp' | 'a2a' | 'agui', Way>> = {
  relay: {
    path: '/agents/bench/runs',
    type: 'application/x-www-form-urlencoded',
    body: (message) => new URLSearchParams({ message, stream: 'true' }).toString(),
  },
  openai: {
    path: '/v1/chat/completions',
    type: JSON_TYPE,
    body: (content) => {
      const messages = [{ role: 'user', content }]
      return JSON.stringify({ model: 'agent/bench', stream: true, messages })
    },
  },
  mcp: {
    path: '/mcp',
    type: JSON_TYPE,
    headers: { accept: 'application/json, text/event-stream' },
    body: (message) => {
      const params = {
        name: 'run_agent',
        arguments: { agent_id: 'bench', message },
        _meta: { progressToken: 'p' },
      }
      return JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params })
    },
  },
  a2a: {
    path: '/a2a/agents/bench',
    type: JSON_TYPE,
    body: (text) => {
      const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text }] }
      const params = { message }
      return JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendStreamingMessage', params })
    },
  },
  agui: {
    path: '/agui/agents/bench',
    type: JSON_TYPE,
    body: (content) => {
      const messages = [{ id: '1', role: 'user', content }]
      return JSON.stringify({ threadId: 't', runId: 'r', messages })
    },
  },
}

async function read(url: string, way: Way, message: string): Promise<void> {
  const { path, type, body } = way
  const headers = { ...way.headers, authorization: `Bearer ${TOKEN}`, 'content-type': type }
  const answer = await fetch(url + path, { method: 'POST', headers, body: body(message) })
  if (answer.status !== 200 || answer.body === null) throw new Error(`${path}: ${answer.status}`)
  for await (const _ of answer.body);
}

/** CPU time in µs for each event of paced streams, and as a multiple of the relay's. */
export const faces: Scenario = {
  name: `faces, ${STREAMS} streams, an event each ${EVERY_MS} ms`,
  figure: 'relay_us',
  peers: ['faces'],
  rounds: 3,
  async run(peer, { pacedSeconds }) {
    const count = Math.ceil((pacedSeconds * 1000) / EVERY_MS)
    const message = `paced ${count} ${EVERY_MS}`
    const figures: Record<string, number> = {}
    for (const [name, way] of Object.entries(WAYS)) {
      const { cpuUs } = await cpuDuring(peer, () =>
        Promise.all(Array.from({ length: STREAMS }, () => read(peer.url, way, message))),
      )
      figures[`${name}_us`] = cpuUs / (STREAMS * count)
    }
    return { ...figures, ...ratios(figures) }
  },
}

function ratios(figures: Figures): Figures {
  const { relay_us: relay = Number.NaN, ...others } = figures
  return Object.fromEntries(
    Object.entries(others).map(([name, us]) => [name.replace('_us', '_ratio'), us / relay]),
  )
}
