/** A fake AgentOS whose answers are as large and as many-membered as an upstream can send. */
import { answerJson, beginEvents, startFakeUpstream } from './fake-upstream.ts'

const CARD_COUNT = 2_000
const WORDS = 'many words about an agent, é and all. '.repeat(80)

/** Listens until the test ends. @param name makes its documents differ from those of another */
export async function startWorstUpstream(name: string): Promise<{ readonly url: string }> {
  const cards = Array.from({ length: CARD_COUNT }, (_, index) => card(`${name}${index}`))
  const list = JSON.stringify([card('a'), card('big'), ...cards])
  const big = { ...card('big'), steps: cards.slice(0, 1_900) }
  const config = JSON.stringify({
    databases: [`db-${name}`],
    session: { dbs: [{ db_id: `db-${name}`, tables: ['s'] }] },
    memory: { dbs: [{ db_id: `db-${name}`, tables: ['m'] }] },
    agents: [card('a'), ...cards],
    teams: [],
    workflows: [{ id: 'flow' }],
    interfaces: [],
    available_models: Array.from({ length: 20_000 }, (_, i) => `${name}-${i}`),
  })
  const openApi = JSON.stringify(openApiOf(name, 3_000))
  const page = JSON.stringify({
    data: Array.from({ length: 1_000 }, (_, index) => ({
      session_id: `${name}${index}`,
      memory_id: `${name}${index}`,
      agent_id: 'a',
      updated_at: '2026-01-01T00:00:00Z',
      session_name: WORDS,
      flags: Array.from({ length: 300 }, (_, flag) => flag),
    })),
    meta: { total_count: 1_000, page: 1, limit: 1_000, total_pages: 1 },
  })
  const texts: Readonly<Record<string, string>> = {
    '/agents': list,
    '/config': config,
    '/openapi.json': openApi,
    '/sessions': page,
    '/memories': page,
    '/traces/search': page,
    '/info': '{"agno_version":"3.1.10","auth_mode":"none"}',
    '/agents/big': JSON.stringify(big),
    '/.well-known/agent-card.json': JSON.stringify(big),
    '/v2/openapi.json': JSON.stringify(openApiOf(name, 12_000)),
    ...storedRuns(),
    '/teams': '[]',
    '/workflows': '[{"id":"flow"}]',
  }
  // Each answer differs, so that it is merged again.
  let answers = 0
  const differing = (text: string) => text.replace('"version":"1"', `"version":"${++answers}"`)
  return startFakeUpstream((request, response) => {
    const path = new URL(request.url, 'http://fake').pathname
    const known = path.endsWith('/runs') && request.method === 'POST' ? undefined : texts[path]
    const text = path === '/openapi.json' && known ? differing(known) : known
    if (path === '/docs') {
      response.writeHead(200, { 'content-type': 'text/html' }).end(`"/x" ${WORDS}`.repeat(2_000))
    } else if (text !== undefined) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(text)
    } else if (path === '/agents/a/runs' && request.body.includes('event')) {
      beginEvents(response)
      void sendPieces(response, `data: {"agent_id":"a","s":"${'é&'.repeat(2_000_000)}"}\n\n`)
    } else if (path === '/agents/a/runs' && request.body.includes('large')) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(list)
    } else answerJson(response, { run_id: 'r', agent_id: 'a' })
  })
}

/** An A2A server whose answers have one text of 9 MB. Listens until the test ends. */
export async function startWorstA2a(): Promise<{ readonly url: string }> {
  return startFakeUpstream((request, response) => {
    if (request.method === 'GET') {
      answerJson(response, { name: 'Facts', description: 'Knows facts', version: '1', skills: [] })
      return
    }
    const { id, method } = JSON.parse(request.body.toString('utf8')) as Record<string, unknown>
    const parts = [{ kind: 'text', text: 'é&'.repeat(3_000_000) }]
    const message = { kind: 'message', messageId: 'm', role: 'agent', contextId: 'c', parts }
    const answer = { jsonrpc: '2.0', id, result: message }
    if (method === 'message/stream') {
      beginEvents(response)
      response.end(`data: ${JSON.stringify(answer)}\n\n`)
    } else answerJson(response, answer)
  })
}

/** A session of 20,000 runs, with one large run and one that waits for 2,000 calls. */
function storedRuns(): Readonly<Record<string, string>> {
  const messages = Array.from({ length: 20_000 }, (_, i) => ({
    id: `${i}`,
    content: WORDS.slice(0, 300),
  }))
  const run = { run_id: 's.r', status: 'COMPLETED', created_at: 1, content: 'x', messages }
  const tools = Array.from({ length: 2_000 }, (_, i) => ({
    tool_call_id: `t${i}`,
    tool_name: 'pay',
    requires_confirmation: true,
  }))
  const requirements = tools.map((tool, i) => ({ id: `q${i}`, tool_execution: tool }))
  const paused = { ...run, run_id: 's.p', status: 'PAUSED', requirements }
  const runs = Array.from({ length: 20_000 }, (_, i) => ({
    ...{ run_id: `s.r${i}`, status: 'COMPLETED', created_at: i },
    run_input: WORDS.slice(0, 200),
    content: WORDS.slice(0, 200),
  }))
  return {
    '/agents/a/runs': JSON.stringify(runs),
    '/agents/a/runs/s.r': JSON.stringify(run),
    '/agents/a/runs/s.p': JSON.stringify(paused),
    '/sessions/s/runs': JSON.stringify([run, ...runs]),
  }
}

async function sendPieces(response: import('node:http').ServerResponse, text: string) {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += 4096) {
    if (!response.write(bytes.subarray(at, at + 4096))) {
      await new Promise((resolve) => response.once('drain', resolve))
    }
  }
  response.end()
}

function card(id: string) {
  return { id, name: id, description: WORDS, db_id: 'db', tools: [{ agent_id: id }] }
}

function openApiOf(name: string, operations: number) {
  const numbers = Array.from({ length: operations }, (_, index) => index)
  const schemas = numbers.map((i) => [
    `Schema${i}`,
    {
      type: 'object',
      title: `Schema${i}`,
      description: name,
      properties: {
        next: { $ref: `#/components/schemas/Schema${i + 1}` },
        text: { type: 'string' },
      },
    },
  ])
  const operation = (i: number) => ({
    operationId: `operation${i}`,
    responses: {
      200: {
        description: WORDS.slice(0, 300),
        content: { 'application/json': { schema: { $ref: `#/components/schemas/Schema${i}` } } },
      },
    },
  })
  return {
    openapi: '3.1.0',
    info: { title: name, version: '1' },
    paths: Object.fromEntries(numbers.map((i) => [`/custom/${i}`, { get: operation(i) }])),
    components: { schemas: Object.fromEntries(schemas) },
  }
}
