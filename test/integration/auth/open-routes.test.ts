import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { send } from '../../support/client.ts'
import { gatewayOf } from '../../support/gateway.ts'

const page = readFileSync('docs/authentication.md', 'utf8')
const [, list = ''] = page.split('These routes need no token')
/** The routes that docs/authentication.md lists as open. */
const documented = [...list.slice(0, list.indexOf('Refusals')).matchAll(/`GET (\/[^`]*)`/g)].map(
  ([, path = '']) => path,
)

async function secured() {
  const upstream = await startAgentOs()
  return gatewayOf({ a: upstream.url }, { auth: { mode: 'security_key', security_key: 'os-key' } })
}

test('every route listed as open in docs/authentication.md needs no token', async () => {
  const gateway = await secured()
  const statuses = await Promise.all(
    documented.map(async (path) => {
      const answer = await send(gateway.url + path)
      return [path, answer.status < 400] as const
    }),
  )
  expect(statuses).toEqual(documented.map((path) => [path, true]))
  expect(documented).toHaveLength(7)
})

test.each(documented)('GET %s requires a token when it names an upstream', async (path) => {
  const gateway = await secured()
  const byQuery = await send(`${gateway.url}${path}?upstream=a`)
  const byHeader = await send(gateway.url + path, { headers: { 'x-agentos-upstream': 'a' } })
  expect([byQuery.status, byHeader.status]).toEqual([401, 401])
})

test.each([
  '/agents',
  '/config',
  '/models',
  '/sessions',
  '/gateway/status',
  '/gateway/metrics',
  '/x',
])('GET %s requires a token when authentication is on', async (path) => {
  const gateway = await secured()
  expect((await send(gateway.url + path)).status).toBe(401)
})
