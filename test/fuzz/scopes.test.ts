/** Random requests against scopes: a route requires what AgentOS's table says, in any spelling of its path. */
import fc from 'fast-check'
import { expect } from 'vitest'
import { RouteRules } from '../../src/authorization/route-rules.ts'
import { ROUTE_SCOPES } from '../../src/authorization/route-scopes.ts'
import { decoded } from '../../src/parameters/path.ts'
import { JWT_AUTH, tokenFor } from '../support/tokens.ts'
import { holds } from './property.ts'
import { exchange, gatewayFor, startRecorder } from './strict-reader.ts'

const TABLE = ROUTE_SCOPES.trim().split('\n')

/** Matches one pattern like Python's `fnmatch`, as AgentOS does, character by character. */
function fits(pattern: string, text: string): boolean {
  const ends = new Set([0])
  for (const char of pattern) {
    const before = [...ends]
    ends.clear()
    for (const at of before) {
      if (char === '*') for (let end = at; end <= text.length; end++) ends.add(end)
      else if (text[at] === char) ends.add(at + 1)
    }
  }
  return ends.has(text.length)
}

const rules = new RouteRules()
const PIECES = [
  '/',
  '.',
  '..',
  '%2e',
  '%2f',
  '%25',
  ';',
  'x',
  '*',
  'runs',
  'continue',
  'é',
  '\n',
  '?',
]
const known = fc
  .tuple(
    fc.constantFrom(...TABLE.map((line) => line.split(' ')[1] as string)),
    fc.array(fc.constantFrom(...PIECES), { maxLength: 6 }),
  )
  .map(([pattern, pieces]) => pattern.replaceAll('*', pieces.join('')))
const verb = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE')

holds(
  'a route has the scopes of the first matching table line',
  12_000,
  fc.tuple(verb, known),
  ([method, url]) => {
    const asked = decoded(url)
    if (asked.split('/').length > 20) return
    const found = rules.find(method, asked)
    const line = TABLE.find((each) => {
      const [of, pattern = ''] = each.split(' ')
      return of === method && fits(pattern, asked)
    })
    // Routes that the table omits require `run`, which is stricter.
    if (/\/(?:resume|fork|compact)$/.test(asked)) expect(found?.scopes).not.toEqual([])
    else expect(found?.scopes).toEqual(line?.split(' ').slice(2))
  },
)

const TARGETS = [
  'mine',
  'other',
  'MINE',
  '%6dine',
  'mine;a',
  'mine%00',
  '..',
  '%2e%2e',
  '.',
  '',
  '*',
]
const target = fc
  .tuple(
    fc.constantFrom(
      '/agents/',
      '/upstreams/a/agents/',
      '//agents/',
      '/agents//',
      '/%61gents/',
      '/Agents/',
      '/',
    ),
    fc.array(fc.constantFrom(...TARGETS, 'runs', 'agents', 'sessions', 'config', 'x%2fy', '\\'), {
      maxLength: 5,
    }),
    fc.constantFrom(
      '',
      '?upstream=a',
      '?a=b&upstream=a',
      '?agent_id=other',
      '#x',
      '?upstream=',
      '/',
    ),
  )
  .map(([before, segments, after]) => before + segments.join('/') + after)

const upstream = await startRecorder()
const gateway = await gatewayFor({
  upstreams: [{ name: 'a', url: upstream.url, discover: false }],
  agents: ['mine', 'other'].map((agent_id) => ({ upstream: 'a', agent_id })),
  auth: { ...JWT_AUTH, authorization: true },
})
const token = tokenFor({ scopes: ['agents:mine:run', 'agents:mine:read', 'sessions:read'] })
const anyMethod = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY')

holds(
  'a caller reaches only what the scopes allow in any spelling',
  2_500,
  fc.tuple(anyMethod, target, fc.boolean()),
  async ([method, path, isChosen]) => {
    const head = [`${method} ${path} HTTP/1.1`, 'host: x', 'x-fuzz: 1', 'connection: close']
    head.push(`authorization: Bearer ${token}`, 'content-length: 0')
    if (isChosen) head.push('x-agentos-upstream: a')
    const answer = await exchange(gateway.port, [`${head.join('\r\n')}\r\n\r\n`], true)
    gateway.assertUnhurt(answer, upstream)
    for (const { start, headers } of upstream.take()) {
      if (!headers.some(([name]) => name === 'x-fuzz')) continue
      const [asked, url = ''] = start.split(' ')
      // Decoded once and without the query, as AgentOS reads it.
      const meant = decodeURIComponent(url.split('?', 1)[0] as string)
      const isMine = meant === '/agents/mine' ? asked === 'GET' : meant.startsWith('/agents/mine/')
      const isSessions = asked === 'GET' && /^\/sessions(?:\/|$)/.test(meant)
      expect(isMine || isSessions, `${asked} ${meant}`).toBe(true)
      expect(meant.split('/')).not.toContain('..')
    }
  },
)
