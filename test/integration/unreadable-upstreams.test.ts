/** Tests that an unreadable answer never counts as empty: its upstream is left out, named and logged. */
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { startDataAgentOs } from '../support/data-agentos.ts'
import { startGateway } from '../support/gateway.ts'
import { startRawUpstream } from '../support/raw-upstream.ts'

const CONFIG = {
  os_id: 'odd',
  databases: ['far'],
  session: { dbs: [{ db_id: 'far', tables: ['s'] }] },
  memory: { dbs: [{ db_id: 'far', tables: ['m'] }] },
  agents: [],
  teams: [],
  workflows: [],
  interfaces: [],
}

const PAGE = {
  data: [{ session_id: 's2', created_at: '2026-01-01T00:00:00Z' }],
  meta: { total_count: 1 },
}

function whole(body: string | Buffer, headers = ''): Buffer {
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${headers}connection: close\r\n`
  return Buffer.concat([
    Buffer.from(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n`),
    Buffer.from(body),
  ])
}

/** Starts a gateway in front of a correct AgentOS and of one that answers a path with these bytes. */
async function gatewayWith(path: string, odd: Buffer) {
  const good = await startDataAgentOs(
    { db: { sessions: [{ session_id: 's1' }] } },
    { agents: ['x'] },
  )
  const bad = await startRawUpstream((socket, head) => {
    const asked = head.split(' ')[1]?.split('?')[0]
    if (asked === path) socket.end(odd)
    else if (asked === '/config') socket.end(whole(JSON.stringify(CONFIG)))
    else socket.end(whole(asked === '/info' ? '{}' : '[]'))
  })
  const upstreams = [
    { name: 'good', url: good.url },
    { name: 'bad', url: bad.url },
  ]
  return startGateway({ upstreams, list_timeout: '2s' }, { ready: ['good'] })
}

const DEEP = `${'['.repeat(5_000)}${']'.repeat(5_000)}`
const ODD: readonly (readonly [string, Buffer])[] = [
  ['null', whole('null')],
  ['a number', whole('1')],
  ['a text', whole('"x"')],
  ['a list in a list', whole('[[]]')],
  ['a list of null', whole('[null]')],
  ['deep nesting', whole(DEEP)],
  ['no JSON', whole('<html>')],
  ['half of the body', whole('[{}]').subarray(0, -2)],
  ['an unknown coding', whole('[]', 'content-encoding: lzma\r\n')],
  ['broken compression', whole('[]', 'content-encoding: gzip\r\n')],
]

/** A warning about the answer, or about the state of the upstream that gave it. */
function isLeftOutLine({ upstream, msg, state }: Readonly<Record<string, unknown>>): boolean {
  if (upstream !== 'bad') return false
  return msg === 'upstream left out: its answer is unreadable' || state === 'failing'
}

test.each(['{}', '[]', '{"openapi":"2.0","paths":{}}', '{"openapi":"3.1.0"', 'null'])(
  'the OpenAPI document %s is left out, named and logged',
  async (document) => {
    const good = whole('{"openapi":"3.1.0","info":{},"paths":{"/x":{"get":{}}}}')
    const answering = (body: Buffer) =>
      startRawUpstream((socket, head) => {
        const asked = head.split(' ')[1]?.split('?')[0]
        if (asked === '/openapi.json') socket.end(body)
        else socket.end(whole(asked === '/config' || asked === '/info' ? '{}' : '[]'))
      })
    const one = await answering(good)
    const bad = await answering(whole(document))
    const upstreams = [
      { name: 'good', url: one.url },
      { name: 'bad', url: bad.url },
    ]
    const gateway = await startGateway({ upstreams }, { ready: ['good', 'bad'] })
    const answer = await fetch(`${gateway.url}/openapi.json`)
    expect([answer.status, answer.headers.get('x-agentos-partial')]).toEqual([200, 'bad'])
    expect(gateway.log.lines.some(isLeftOutLine)).toBe(true)
  },
)

describe.each(['/agents', '/info', '/config', '/sessions'])('the merged %s', (path) => {
  test.each(ODD)('an upstream that sends %s is left out and named', async (_, odd) => {
    const gateway = await gatewayWith(path, odd)
    if (path === '/info' || path === '/sessions') await gateway.upstreamIs('bad', 'ready')
    const answer = await fetch(gateway.url + path)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-agentos-partial')).toBe('bad')
    expect(await answer.text()).not.toBe('')
    expect(gateway.log.lines.some(isLeftOutLine)).toBe(true)
  })
})

test.each(ODD)('an upstream that sends %s has no part in a sum', async (_, odd) => {
  const answering = (body: Buffer) =>
    startRawUpstream((socket, head) => {
      const asked = head.split(' ')[1]?.split('?')[0]
      if (asked === '/memory_topics') socket.end(body)
      else if (asked === '/config') socket.end(whole(JSON.stringify(CONFIG)))
      else socket.end(whole(asked === '/info' ? '{}' : '[]'))
    })
  const good = await answering(whole('["t"]'))
  const bad = await answering(odd)
  const upstreams = [
    { name: 'good', url: good.url, database_prefix: 'g-' },
    { name: 'bad', url: bad.url },
  ]
  const gateway = await startGateway({ upstreams }, { ready: ['good', 'bad'] })
  const answer = await fetch(`${gateway.url}/memory_topics`)
  expect(answer.status).toBe(200)
  expect(await answer.json()).toEqual(['t'])
  expect(answer.headers.get('x-agentos-partial')).toBe('bad')
})

test('an upstream that compresses unasked is read', async () => {
  const coded = whole(gzipSync(JSON.stringify(PAGE)), 'content-encoding: gzip\r\n')
  const gateway = await gatewayWith('/sessions', coded)
  await gateway.upstreamIs('bad', 'ready')
  const answer = await fetch(`${gateway.url}/sessions`)
  expect(answer.headers.get('x-agentos-partial')).toBeNull()
  const { data } = (await answer.json()) as { data: { session_id: string }[] }
  expect(data.map(({ session_id: id }) => id)).toContain('s2')
})
