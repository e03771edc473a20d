/** A scripted A2A server: it serves its card and leaves every call to the test. */
import type { Exchange } from './agentos.ts'
import { exchange } from './agentos.ts'
import type { FakeUpstream } from './fake-upstream.ts'
import { answerJson, startFakeUpstream } from './fake-upstream.ts'
import type { RunningGateway } from './gateway.ts'
import { startGateway } from './gateway.ts'
import { Queue } from './queue.ts'

const CARD_PATH = '/.well-known/agent-card.json'
export const CARD = { name: 'Facts', description: 'Knows facts', version: '1', skills: [] }

/** A call that the test answers. */
export interface A2aCall extends Exchange {
  /** Reads the JSON-RPC request. */
  rpc(): Promise<Rpc>
  /** Answers with a result. */
  result(result: object): void
  /** Answers with a JSON-RPC error. */
  fail(code: number, message: string): void
}

export interface Rpc {
  readonly method: string
  readonly params: Record<string, unknown> & { readonly message?: Record<string, unknown> }
}

export interface FakeA2a extends FakeUpstream {
  /** The next call. */
  next(): Promise<A2aCall>
  readonly waiting: number
}

/** Listens until the test ends. @param card null for a server without a card */
export async function startA2a(card: object | null = CARD): Promise<FakeA2a> {
  const queue = new Queue<A2aCall>()
  const upstream = await startFakeUpstream(
    (request, response, message) => {
      if (request.url.endsWith(CARD_PATH)) {
        answerJson(response, card ?? { error: 'no card' }, card === null ? 404 : 200)
        return
      }
      const one = exchange({ request, response, message })
      queue.push({
        ...one,
        rpc: async () => JSON.parse((await one.body()).toString()) as Rpc,
        result: (result) => one.json({ jsonrpc: '2.0', id: '1', result }),
        fail: (code, words) =>
          one.json({ jsonrpc: '2.0', id: '1', error: { code, message: words } }),
      })
    },
    { readsBody: false },
  )
  return Object.assign(upstream, {
    next: () => queue.next(),
    get waiting() {
      return queue.size
    },
  })
}

/** Starts a gateway whose agent `facts` is the server. */
export function gatewayToA2a(url: string, document: object = {}): Promise<RunningGateway> {
  return startGateway(
    { upstreams: [{ name: 'facts', url, protocol: 'a2a', a2a_protocol: 'json-rpc' }], ...document },
    { ready: ['facts'] },
  )
}

/** Formats one event of a streamed answer. */
export function update(result: object): string {
  return `data: ${JSON.stringify({ jsonrpc: '2.0', id: '1', result })}\n\n`
}

/** Formats an agent message with one piece of text. */
export function piece(text: string): string {
  const parts = [{ kind: 'text', text }]
  return update({
    kind: 'message',
    role: 'agent',
    messageId: 'm',
    taskId: 't-1',
    contextId: 'c-1',
    parts,
  })
}

/** Formats a status update of the task. */
export function status(state: string): string {
  const ids = { taskId: 't-1', contextId: 'c-1' }
  return update({ kind: 'status-update', ...ids, status: { state }, final: state !== 'working' })
}

/** Returns a task as it appears in a whole answer. */
export function task(state: string, text = ''): object {
  const parts = [{ kind: 'text', text }]
  const artifacts = text === '' ? [] : [{ artifactId: 'a', parts }]
  return { kind: 'task', id: 't-1', contextId: 'c-1', status: { state }, artifacts }
}
