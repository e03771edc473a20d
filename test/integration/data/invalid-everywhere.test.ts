/** Tests that a call which every AgentOS refuses gets AgentOS's own error, before its target is looked up. */
import { describe, expect, test } from 'vitest'
import { send } from '../../support/client.ts'
import { startDataAgentOs } from '../../support/data-agentos.ts'
import { gatewayOf } from '../../support/gateway.ts'

const headers = { 'content-type': 'application/json' }

async function post(path: string, body: string) {
  const a = await startDataAgentOs({ db: {} })
  const b = await startDataAgentOs({ far: {} })
  const gateway = await gatewayOf({ a: a.url, b: b.url })
  const before = a.requests.length + b.requests.length
  const answer = await send(gateway.url + path, { method: 'POST', headers, body })
  const detail = (await answer.json()) as { detail?: unknown }
  return { status: answer.status, detail, asked: a.requests.length + b.requests.length - before }
}

describe('a request that names no database', () => {
  test.each([
    ['/sessions?type=agent', 'no json'],
    ['/sessions?type=agent', '[1]'],
    ['/sessions?type=bogus', '{}'],
    ['/memories', '{"topics":[]}'],
    ['/knowledge/search', '{"a":'],
    ['/schedules', '{"name":"n"}'],
    ['/memories', ''],
    ['/memories', '{"memory":5}'],
    ['/sessions', '{"user_id":[]}'],
    ['/learnings', '{"learning_type":"x"}'],
    ['/eval-runs', '{"input":{},"eval_type":"accuracy"}'],
    ['/optimize-memories', '{}'],
    ['/service-accounts', '{"name":true}'],
    ['/components', '{"name":"n"}'],
  ])('the request %s with %s is put to one AgentOS, which refuses it', async (path, body) => {
    expect((await post(path, body)).asked).toBe(1)
  })

  test.each([
    ['/sessions?type=agent', '{}'],
    ['/sessions?type=agent', 'null'],
    ['/sessions', ''],
    ['/sessions', '{"user_id":null}'],
    ['/memories', '{"memory":"m"}'],
    ['/optimize-memories', '{"user_id":"u","apply":"maybe"}'],
  ])('the request %s with %s is refused for want of a db_id', async (path, body) => {
    const { status, asked } = await post(path, body)
    expect([status, asked]).toEqual([400, 0])
  })

  // Python accepts NaN, `JSON.parse` does not: a body that two parsers read differently is refused.
  test('a body with NaN is refused before an upstream is asked', async () => {
    const { status, asked } = await post('/sessions', '{"x":NaN}')
    expect([status, asked]).toEqual([422, 0])
  })
})
