import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { send } from '../support/client.ts'
import type { FakeHandler } from '../support/fake-upstream.ts'
import { gatewayOf } from '../support/gateway.ts'

const echo =
  (name: string): FakeHandler =>
  (request, response) => {
    const { method, url, headers } = request
    response.end(JSON.stringify({ name, method, url, choice: headers['x-agentos-upstream'] }))
  }

async function open(...names: string[]) {
  const upstreams = await Promise.all(
    names.map((name) => startAgentOs({ agents: [`of-${name}`] }, echo(name))),
  )
  const urls = Object.fromEntries(upstreams.map(({ url }, index) => [names[index], url]))
  return (await gatewayOf(urls)).url
}

describe('requests that name an upstream', () => {
  test('the x-agentos-upstream header selects the upstream for any path', async () => {
    const url = await open('a', 'b')
    const headers = { 'x-agentos-upstream': 'b' }
    const answer = await send(`${url}/agents/of-a/runs?x=1`, { method: 'POST', headers })
    expect(await answer.json()).toEqual({ name: 'b', method: 'POST', url: '/agents/of-a/runs?x=1' })
  })

  test.each([
    ['?upstream=b', ''],
    ['?upstream=b&x=%2F', '?x=%2F'],
    ['?x=1&upstream=b&y', '?x=1&y'],
    ['?upstream=%62', ''],
  ])('the query %s selects the upstream and is removed from the query', async (query, left) => {
    const url = await open('a', 'b')
    expect(await (await send(`${url}/anything${query}`)).json()).toMatchObject({
      name: 'b',
      url: `/anything${left}`,
    })
  })

  test('the path /upstreams/NAME selects the upstream for any path below', async () => {
    const url = await open('a', 'b')
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      const answer = await send(`${url}/upstreams/b/some/where?x=//`, { method })
      expect(await answer.json()).toEqual({ name: 'b', method, url: '/some/where?x=//' })
    }
  })
})

describe('unknown routes', () => {
  test('an unknown route goes to the only upstream', async () => {
    const url = await open('only')
    const answer = await send(`${url}/brand/new?x=1`, { method: 'PUT' })
    expect(await answer.json()).toEqual({ name: 'only', method: 'PUT', url: '/brand/new?x=1' })
  })

  test('an unknown route with several upstreams answers 404 with advice', async () => {
    const url = await open('a', 'b')
    const answer = await send(`${url}/brand/new`)
    expect([answer.status, await answer.json()]).toEqual([
      404,
      { detail: 'Not Found. Name the upstream in the x-agentos-upstream header' },
    ])
  })
})
