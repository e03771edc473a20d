/**
 * Plays the calls of agent-ui in its order and with its headers.
 *
 * @see https://github.com/agno-agi/agent-ui `src/api/os.ts`, `src/hooks/useChatActions.ts`,
 * `useAIStreamHandler.tsx`
 */
import { Client } from './client.ts'
import type { ChatKind, SeenEvent, Step, Target } from './contract.ts'

interface Card {
  readonly id: string
  readonly db_id: string
}

export async function agentUi(target: Target, kind: ChatKind, message: string): Promise<Step[]> {
  const client = new Client(target.base)
  const bearer: Record<string, string> =
    target.token === undefined ? {} : { Authorization: `Bearer ${target.token}` }
  // agent-ui sends this header on every GET, so each GET causes a preflight.
  const headers = { 'Content-Type': 'application/json', ...bearer }
  await client.call('GET', '/health', { headers })
  const teams = await client.call('GET', '/teams', { headers })
  const agents = await client.call('GET', '/agents', { headers })
  const cards = (kind === 'team' ? teams : agents).body as Card[]
  const card = cards.find(({ id }) => id === target[kind])
  if (card === undefined) throw new Error(`${target[kind]} is not listed`)

  const list = { type: kind, component_id: card.id, db_id: card.db_id }
  await client.call('GET', '/sessions', { headers, query: list })
  // A new chat has no session yet and sends an empty id.
  const path = `/${kind}s/${card.id}/runs`
  const first = await client.call('POST', path, {
    headers: bearer,
    form: { message, stream: 'true', session_id: '' },
  })
  const session = String((first.body as SeenEvent[])[0]?.['session_id'])
  await client.call('POST', path, {
    headers: bearer,
    form: { message: 'and then?', stream: 'true', session_id: session },
  })
  await client.call('GET', '/sessions', { headers, query: list })
  const query = { type: kind, db_id: card.db_id }
  await client.call('GET', `/sessions/${session}/runs`, { headers, query })
  await client.call('DELETE', `/sessions/${session}`, { headers, query: { db_id: card.db_id } })
  await client.call('GET', `/sessions/${session}/runs`, { headers, query })
  return client.steps
}
