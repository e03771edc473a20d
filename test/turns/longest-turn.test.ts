/**
 * Tests that no request blocks the event loop: each worst input is sent to a gateway process whose turns are measured.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { GatewayProcess } from '../support/process.ts'
import { startProcess } from '../support/process.ts'
import type { SocketUpstream } from '../support/socket-upstream.ts'
import { startSocketUpstream } from '../support/socket-upstream.ts'
import { FACE_INPUTS } from '../support/worst-face-inputs.ts'
import type { WorstInput } from '../support/worst-input.ts'
import { get, post, repeated } from '../support/worst-input.ts'
import { startWorstA2a, startWorstUpstream } from '../support/worst-upstream.ts'

/**
 * Longest turn, in milliseconds of CPU time. Long work rests after 8 ms; the limit of 50 ms holds on an idle machine, and half as
 * much again is allowed for a busy one. An input that is handled in one turn takes several times as long.
 */
const LIMIT_MS = 75
/**
 * CPU time still varies with shared caches, compilation and garbage collection. They only add, so the best of several
 * attempts counts: work that is done in one turn is too long in all of them.
 */
const ATTEMPTS = 8
const PROBE = fileURLToPath(new URL('../support/turn-probe.ts', import.meta.url))

async function startServers(): Promise<Servers> {
  const [one, two, rpc, socket] = await Promise.all([
    startWorstUpstream('one'),
    startWorstUpstream('two'),
    startWorstA2a(),
    startSocketUpstream({ workflows: ['frames'] }),
  ])
  const gateway = await startProcess(
    {
      upstreams: [
        { name: 'one', url: one.url, prefix: 'p-' },
        { name: 'two', url: two.url, prefix: 'q-' },
        { name: 'socket', url: socket.url, prefix: 'r-' },
      ],
      agents: [{ base_url: rpc.url, agent_id: 'facts', protocol: 'a2a', a2a_protocol: 'json-rpc' }],
      faces: { openai: true, agui: true, mcp: true, a2a: true },
      log: { level: 'info' },
    },
    { probe: PROBE },
  )
  await gateway.until((line) => line['upstream'] === 'one' && line['state'] === 'ready')
  await gateway.until((line) => line['upstream'] === 'two' && line['state'] === 'ready')
  await gateway.until((line) => line['upstream'] === 'socket' && line['state'] === 'ready')
  return { gateway, socket }
}

interface Servers {
  readonly gateway: GatewayProcess
  readonly socket: SocketUpstream
}

const MANY_MEMBERS = `{${repeated(480_000, (i) => `"m${i}":1`)}}`
const BODIES: readonly (readonly [string, string])[] = [
  ['480,000 members', MANY_MEMBERS],
  ['1,000,000 members of one name', `{${repeated(1_000_000, () => '"m":1')}}`],
  ['one text of 9 MB', JSON.stringify({ message: 'é&'.repeat(3_000_000) })],
  ['a list of 9 MB', `{"message":"x","session_state":[${repeated(3_000_000, () => '[]')}]}`],
  ['9 MB that break off', `{"message":"x","s":[${'{},'.repeat(3_000_000)}`],
  ['9 MB of objects', `{"message":"x","s":[${'{"a":1},'.repeat(1_100_000)}0]}`],
  ['deep nesting', `{"message":"x","s":${'['.repeat(4_000_000)}`],
]
const FRESH = { 'cache-control': 'no-cache' }
const PART = '--b\r\ncontent-disposition: form-data; name="files"; filename="f"\r\n\r\nx\r\n'

const TEXT = 'é&'.repeat(3_000_000)
const PICTURE = Buffer.alloc(6_500_000, 7).toString('base64')
const asked = (content: unknown) => ({ model: 'agent/p-a', messages: [{ role: 'user', content }] })
const aguiWith = (content: unknown, more: object = {}) =>
  JSON.stringify({ threadId: 't', messages: [{ id: '1', role: 'user', content }], ...more })
const aguiPicture = {
  type: 'image',
  source: { type: 'data', value: PICTURE, mimeType: 'image/png' },
}
const chatWith = (content: unknown, more: object = {}) =>
  JSON.stringify({ ...asked(content), ...more })
const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${PICTURE}` } }
const file = { type: 'file', file: { file_data: `data:text/plain;base64,${PICTURE}` } }
const manyParts = Array.from({ length: 200_000 }, () => ({ type: 'text', text: 'x' }))
const inputWith = (content: unknown) =>
  JSON.stringify({ model: 'agent/p-a', input: [{ role: 'user', content }] })
const OBJECTS = `[${repeated(1_000_000, () => '{"a":1}')}]`

const FACES: readonly WorstInput[] = [
  ...BODIES.map(([name, body]) => post(`AG-UI with ${name}`, '/agui/agents/p-a', body)),
  ...BODIES.map(([name, body]) => post(`response with ${name}`, '/v1/responses', body)),
  post('chat with a message of 9 MB', '/v1/chat/completions', chatWith(TEXT)),
  post('chat with a picture of 9 MB', '/v1/chat/completions', chatWith([image])),
  post('chat with a file of 9 MB', '/v1/chat/completions', chatWith([file])),
  post('chat with 200,000 parts', '/v1/chat/completions', chatWith(manyParts)),
  post('response with a picture of 9 MB', '/v1/responses', inputWith([image])),
  post('AG-UI with a message of 9 MB', '/agui/agents/p-a', aguiWith(TEXT)),
  post('AG-UI with a picture of 9 MB', '/agui/agents/p-a', aguiWith([aguiPicture])),
  post(
    'AG-UI with a context of 9 MB',
    '/agui/agents/p-a',
    aguiWith('x', { context: [{ description: 'c', value: OBJECTS }] }),
  ),
  post(
    'AG-UI with a state of 9 MB',
    '/agui/agents/p-a',
    aguiWith('x', { state: { s: JSON.parse(OBJECTS) as unknown } }),
  ),
  post('chat about an event of 6 MB', '/v1/chat/completions', chatWith('event')),
  post('chat stream of 6 MB', '/v1/chat/completions', chatWith('event', { stream: true })),
  post('AG-UI about an event of 6 MB', '/agui/agents/p-a', aguiWith('event')),
]

const A2A: readonly WorstInput[] = [
  ...BODIES.map(([name, body]) => post(`A2A run with ${name}`, '/agents/facts/runs', body)),
  post('A2A answer of 9 MB', '/agents/facts/runs', '{"message":"x","stream":"false"}'),
  post('A2A event of 9 MB', '/agents/facts/runs', '{"message":"x"}'),
]

const FRAMES: readonly WorstInput[] = [
  frameOf('16 MiB of text', `"content":"${'x'.repeat(16 * 1024 * 1024)}"`),
  frameOf(
    '10 MB of objects',
    `"content":"x","steps":[${repeated(500_000, () => '{"workflow_id":"x"}')}]`,
  ),
  frameOf('8 MB of names', `"steps":[${repeated(300_000, () => '{"workflow_id":"frames"}')}]`),
]

const DOCUMENTS: readonly WorstInput[] = [
  get('a card of 6 MB', '/agents/p-big'),
  get('a card of 6 MB, fresh', '/agents/p-big', FRESH),
  get('a card of 6 MB, relayed', '/agents/p-big?version=1'),
  get('an agent card of 6 MB', '/upstreams/one/.well-known/agent-card.json'),
  get('a page of 6 MB', '/upstreams/one/docs'),
  get('an OpenAPI document of 9 MB', '/upstreams/one/v2/openapi.json'),
]

/** The upstream sends one event of this size over the workflow socket. */
function frameOf(name: string, members: string): WorstInput {
  const send = async (url: string, { socket }: Servers) => {
    const client = new WebSocket(`${url.replace(/^http/, 'ws')}/workflows/ws`)
    let bytes = 0
    const answered = new Promise<void>((resolve) => {
      client
        .on('message', (frame) => {
          bytes += (frame as Buffer).length
          if (bytes > 1_000_000) resolve()
        })
        .on('close', () => resolve())
        .on('error', () => resolve())
    })
    await once(client, 'open')
    client.send('{"action":"start-workflow","workflow_id":"r-frames","message":"x"}')
    const end = await socket.next()
    await end.next()
    end.socket.send(`event: WorkflowCompleted\ndata: {"workflow_id":"frames",${members}}\n\n`)
    await answered
    client.terminate()
  }
  return { name: `upstream frame with ${name}`, send }
}

const INPUTS: readonly WorstInput[] = [
  ...BODIES.map(([name, body]) => post(`run with ${name}`, '/agents/p-a/runs', body)),
  ...BODIES.map(([name, body]) => post(`search with ${name}`, '/traces/search', body)),
  ...BODIES.map(([name, body]) => post(`write with ${name}`, '/memories?db_id=db-one', body)),
  ...BODIES.map(([name, body]) => post(`ambiguous write with ${name}`, '/memories', body)),
  ...BODIES.map(([name, body]) =>
    post(`chat completion with ${name}`, '/v1/chat/completions', body),
  ),
  ...BODIES.map(([name, body]) => socketInput(name, body)),
  ...FACES,
  ...FACE_INPUTS,
  ...A2A,
  ...FRAMES,
  ...DOCUMENTS,
  post('one event of 6 MB in pieces', '/agents/p-a/runs', '{"message":"event"}'),
  post('a large answer with a prefix', '/agents/p-a/runs', '{"message":"large"}'),
  post('100,000 parts', '/agents/p-a/runs', `${PART.repeat(100_000)}--b--`, {
    'content-type': 'multipart/form-data; boundary=b',
  }),
  post('a form of 9 MB', '/agents/p-a/runs', 'a=1&'.repeat(2_200_000), {
    'content-type': 'application/x-www-form-urlencoded',
  }),
  get('the merged list', '/agents'),
  get('the merged list, fresh', '/agents', FRESH),
  get('the merged config', '/config'),
  get('the merged config, fresh', '/config', FRESH),
  get('the models', '/models', FRESH),
  get('the merged OpenAPI document, fresh', '/openapi.json', FRESH),
  get("one upstream's OpenAPI document", '/upstreams/one/openapi.json'),
  get('merged sessions', '/sessions?limit=1000'),
  get('the runs of a session', '/sessions/s/runs'),
  get('a long URL', `/sessions?${'a=%41&'.repeat(2_600)}`),
  get(
    'many headers',
    '/agents/p-a/unknown',
    Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`x-${i}`, '1'])),
  ),
]

function socketInput(name: string, body: string): WorstInput {
  const send = async (url: string) => {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/workflows/ws`)
    socket.on('error', () => {})
    let frames = 0
    const answered = new Promise<void>((resolve) => {
      socket.on('message', () => ++frames === 2 && resolve()).on('close', () => resolve())
    })
    await once(socket, 'open')
    const text = body.replace(/^\{/, '{"action":"start-workflow","workflow_id":"p-flow",')
    socket.send(text)
    await answered
    socket.terminate()
  }
  return { name: `frame with ${name}`, send }
}

/** Many requests on one connection before their answers. The last one closes it. */
function pipelined(path: string): WorstInput {
  const asked = `GET ${path} HTTP/1.1\r\nhost:x\r\n`
  const send = async (url: string) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {})
    socket.resume().write(`${`${asked}\r\n`.repeat(2_000)}${asked}connection:close\r\n\r\n`)
    await once(socket, 'close')
  }
  return { name: `2,000 pipelined requests for ${path}`, send }
}

const PIPELINED = ['/health', '/gateway/metrics', '/unknown'].map(pipelined)

test('No turn of the event loop exceeds 50 ms under any worst input', {
  timeout: 600_000,
}, async () => {
  const servers = await startServers()
  const { url, child } = servers.gateway
  const longestMs = async (): Promise<number> => {
    const answered = once(child, 'message')
    child.send('longest')
    return ((await answered) as [number])[0]
  }
  const tooLong: Record<string, number> = {}
  for (const { name, send } of [...INPUTS, ...PIPELINED]) {
    let bestMs = Number.POSITIVE_INFINITY
    for (let attempt = 0; attempt < ATTEMPTS && bestMs > LIMIT_MS; attempt++) {
      await longestMs()
      await send(url, servers)
      bestMs = Math.min(bestMs, await longestMs())
    }
    if (bestMs > LIMIT_MS) tooLong[name] = Math.round(bestMs)
  }
  expect(tooLong).toEqual({})
})
