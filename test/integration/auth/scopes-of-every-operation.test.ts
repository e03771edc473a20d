import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { send } from '../../support/client.ts'
import { gatewayOf } from '../../support/gateway.ts'
import { bearer, JWT_AUTH, tokenFor } from '../../support/tokens.ts'

const OPEN = new Set(['GET /', 'GET /health', 'GET /info'])

/** An operation of an AgentOS, with what its own sources require. */
interface Operation {
  readonly method: string
  readonly path: string
  /** Scopes such as `agents:x:run`; empty for operations that only the administrator may use. */
  readonly scopes: readonly string[]
  readonly isOpen: boolean
  /** Returns a filtered list instead of a refusal. */
  readonly isList: boolean
}

/** Reads the two recorded tables as AgentOS does: the first matching line counts, and `*` spans slashes. */
function operationsOf(release: string): Operation[] {
  const lines = (kind: string) =>
    readFileSync(`test/fixtures/${kind}/agno-${release}.txt`, 'utf8').trim().split('\n')
  const table = lines('scopes').map((line) => line.split(' '))
  return lines('routes').map((line) => {
    const [method = '', template = ''] = line.split(' ')
    const path = template.replace(/\{[^}]+\}/g, 'x')
    const fits = ([m, pattern = '']: string[]) =>
      m === method && new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(path)
    const needed = (table.find(fits) ?? []).slice(2)
    const kind = /^\/(agents|teams|workflows)\/x\//.exec(path)?.[1]
    if (kind) needed.push(`${kind}:run`)
    // AgentOS's handlers require this in addition (agno/os/routers/filesystem).
    if (path.startsWith('/filesystem/')) needed.push('agents:read')
    // They start the run that the schedule names (agno/os/routers/run_permissions.py).
    if (/^\/schedules\/x\/(?:enable|trigger)$/.test(path)) needed.push('agents:x:run')
    const own = needed.map((scope) => scope.replace(/^(agents|teams|workflows):/, '$1:x:'))
    const scopes = /^\/(agents|teams|workflows)\/x/.test(path) ? own : needed
    const isList = /^GET \/(agents|teams|workflows)$/.test(`${method} ${path}`)
    return { method, path, scopes, isOpen: OPEN.has(`${method} ${path}`), isList }
  })
}

const wrongOnes = ['agents', 'teams', 'workflows'].flatMap((kind) =>
  ['read', 'run', 'write', 'delete'].map((action) => `${kind}:y:${action}`),
)

const CALLERS = {
  nobody: () => undefined,
  'no scope': () => [],
  'another component': () => [...wrongOnes, 'nothing:read'],
  'the right scope': ({ scopes }: Operation) => scopes,
  'the admin': () => ['agent_os:admin'],
} satisfies Record<string, (operation: Operation) => readonly string[] | undefined>

/** Returns the status that AgentOS answers; 200 means any answer of the upstream. */
function expectedStatus(operation: Operation, caller: keyof typeof CALLERS): number {
  if (operation.isOpen || caller === 'the admin') return 200
  if (caller === 'nobody') return 401
  if (caller === 'the right scope') return operation.scopes.length > 0 ? 200 : 403
  return operation.isList && caller === 'another component' ? 200 : 403
}

describe.each(['2.9.0', '3.1.10'])('the operations of AgentOS %s', (release) => {
  const operations = operationsOf(release)

  test.each(Object.entries(CALLERS))(
    'every operation answers the expected status for the caller "%s"',
    async (caller, scopesOf) => {
      const ids = { agents: ['x', 'y'], teams: ['x', 'y'], workflows: ['x', 'y'] }
      const upstream = await startAgentOs(ids, (_request, response) => {
        response.end('{"endpoint":"/agents/x/runs","method":"POST"}')
      })
      const gateway = await gatewayOf(
        { a: upstream.url },
        { auth: { ...JWT_AUTH, authorization: true } },
      )
      const found = await Promise.all(
        operations.map(async (operation, index) => {
          const scopes = scopesOf(operation)
          const answer = await send(gateway.url + operation.path, {
            method: operation.method,
            headers: {
              'x-request-id': `asked-${index}`,
              ...(scopes && bearer(tokenFor({ scopes }))),
              ...(operation.method !== 'GET' && {
                'content-type': 'application/json',
                'content-length': '2',
              }),
            },
            ...(operation.method !== 'GET' && { body: '{}' }),
          })
          await answer.whole()
          return `${operation.method} ${operation.path} ${answer.status}`
        }),
      )
      const expected = operations.map(
        (operation) =>
          `${operation.method} ${operation.path} ${expectedStatus(operation, caller as keyof typeof CALLERS)}`,
      )
      expect(found).toEqual(expected)
      const reached = upstream.requests.map(({ headers }) => headers['x-request-id'])
      const denied = found.flatMap((line, index) =>
        /40[13]$/.test(line) ? [`asked-${index}`] : [],
      )
      expect(denied.filter((id) => reached.includes(id))).toEqual([])
    },
  )
})
