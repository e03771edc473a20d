/**
 * Random spellings of the parameters and paths that decide: a request is refused, or a strict reader of the bytes sent
 * upstream finds exactly the component that the caller may use.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { JWT_AUTH, tokenFor } from '../support/tokens.ts'
import { holds } from './property.ts'
import type { StrictMessage } from './strict-reader.ts'
import { exchange, finalAnswers, gatewayFor, startRecorder } from './strict-reader.ts'

const upstream = await startRecorder()
const gateway = await gatewayFor({
  upstreams: [{ name: 'a', url: upstream.url, discover: false }],
  agents: ['mine', 'other'].map((agent_id) => ({ upstream: 'a', agent_id })),
  auth: { ...JWT_AUTH, authorization: true },
})
const token = tokenFor({
  scopes: [
    ...['agents:mine:run', 'agents:mine:read', 'filesystem:read'],
    ...['evals:write', 'schedules:write', 'config:read'],
  ],
})

interface Sent {
  readonly path: string
  readonly query: string
  readonly type: string
  readonly body: string
}

const chance = (often: string, ...seldom: string[]) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(often) }, fc.constantFrom(often, ...seldom))
const id = chance('mine', 'other', '', 'MINE', 'mine ', 'mine/..', 'mine\u0000', 'ｍine', '.', '*')
const spelled = (name: string) =>
  chance(name, ...[name.toUpperCase(), `${name}[]`, ` ${name}`, `${name}\u0000`, `x_${name}`])

/** A character may also be sent percent-encoded, once or twice. */
const escaped = (text: string) =>
  fc.constantFrom(0, 0, 0, 1, 2).map((way) => {
    const hex = Buffer.from(text[0] ?? '', 'latin1').toString('hex')
    if (way === 0 || text === '') return encodeURIComponent(text)
    return (way === 1 ? `%${hex}` : `%25${hex}`) + encodeURIComponent(text.slice(1))
  })

const pair = fc
  .tuple(spelled('agent_id').chain(escaped), id.chain(escaped), chance('=', '', '=='))
  .map(([name, value, sign]) => name + sign + value)
const pairs = fc
  .tuple(fc.array(pair, { minLength: 1, maxLength: 3 }), chance('&', ';', '&&', '&?', '?', '+'))
  .map(([list, separator]) => list.join(separator))

const quoted = (text: string) =>
  fc.constantFrom(false, true).map((isEscaped) => {
    const code = (text.charCodeAt(0) || 120).toString(16).padStart(4, '0')
    return isEscaped ? `"\\u${code}${text.slice(1)}"` : JSON.stringify(text)
  })
const json = (name: string, value: fc.Arbitrary<string>, rest: string) =>
  fc
    .tuple(
      fc.array(fc.tuple(spelled(name).chain(quoted), value.chain(quoted)), {
        minLength: 1,
        maxLength: 3,
      }),
      chance('', '\ufeff', ' ', '[', '/**/'),
      chance('}', '} ', '},', '}{}', ',}'),
    )
    .map(([members, before, after]) => {
      const own = members.map(([key, text]) => `${key}:${text}`)
      return `${before}{${[...own, rest].join(',')}${after}`
    })
const endpoint = id.map((name) => `/agents/${name}/runs`)
const endpoints = fc.oneof(
  { weight: 3, arbitrary: endpoint },
  fc.constantFrom(
    ...['/agents/mine/runs/', '/agents/mine/../other/runs', '//agents/other/runs', '/eval-runs'],
    ...[
      'http://x/agents/other/runs',
      '/agents/other/runs?x=/agents/mine/runs',
      '/agents/%6dine/runs',
    ],
  ),
)

const multipart = fc
  .array(fc.tuple(spelled('agent_id'), id), { minLength: 1, maxLength: 3 })
  .map((fields) =>
    [
      ...fields.map(
        ([name, value]) =>
          `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
      ),
      '--b--\r\n',
    ].join(''),
  )
const FORM = 'application/x-www-form-urlencoded'
const types = chance('application/json', FORM, 'multipart/form-data; boundary=b', 'text/plain')
const bodies = fc.oneof(
  { weight: 3, arbitrary: json('agent_id', id, '"eval_type":"accuracy"') },
  pairs,
  multipart,
)

const files = pairs.map((query): [string, Sent] => [
  'GET',
  { path: '/filesystem/files', query, type: '', body: '' },
])
const evals = fc
  .tuple(bodies, types, fc.oneof(fc.constant(''), pairs))
  .map(([body, type, query]): [string, Sent] => ['POST', { path: '/eval-runs', query, type, body }])
const schedules = fc
  .tuple(json('endpoint', endpoints, '"method":"POST","name":"n"'), types)
  .map(([body, type]): [string, Sent] => ['POST', { path: '/schedules', query: '', type, body }])
const runs = fc
  .tuple(id.chain(escaped), bodies, types, fc.oneof(fc.constant(''), pairs))
  .map(([name, body, type, query]): [string, Sent] => [
    'POST',
    { path: `/agents/${name}/runs`, query, type, body },
  ])
const prefix = chance('', '/upstreams/a', '/upstreams/%61', '/Upstreams/a', '/upstreams/a/', '/.')
const spelling = fc.tuple(prefix, chance('', '/', '//', '/.', '%2f', '%00'), fc.nat(40))

/** Decodes percent-encoding once, as every server does. */
const unescaped = (text: string) => decodeURIComponent(text.replaceAll('+', ' '))

/** A lenient reader ignores case, width, blanks, an index in brackets and what follows a NUL. */
const isLike = (given: string, name: string) =>
  given.normalize('NFKC').toLowerCase().split('\0')[0]?.trim().replace(/\[.*$/, '') === name

/** The only value of a name; fails where another reader may take another value. */
function onlyValue(given: readonly (readonly [string, unknown])[], name: string): unknown {
  const like = given.filter(([each]) => isLike(each, name))
  for (const [each] of like) expect(each).toBe(name)
  const values = new Set(like.map(([, value]) => value))
  expect(values.size, `values of ${name}`).toBeLessThanOrEqual(1)
  return [...values][0]
}

function pairsIn(query: string): [string, string][] {
  return query.split('&').map((each) => {
    const at = each.indexOf('=')
    return at === -1
      ? [unescaped(each), '']
      : [unescaped(each.slice(0, at)), unescaped(each.slice(at + 1))]
  })
}

/** Every member of a JSON object in order, also one that occurs twice. */
function membersIn(text: string): [string, unknown][] {
  JSON.parse(text)
  const members: [string, unknown][] = []
  let at = text.indexOf('{') + 1
  while (at < text.length) {
    const ends = [...text.slice(at).matchAll(/[,}]/g)].map(({ index }) => at + index)
    const end = ends.find((each) => isObject(`{${text.slice(at, each)}}`))
    if (end === undefined) break
    members.push(...Object.entries(JSON.parse(`{${text.slice(at, end)}}`) as object))
    at = end + 1
  }
  return members
}

function isObject(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const reached = new Map<string, number>()

/** Asserts that a request at the upstream concerns no component but `mine`. */
function assertMine({ start, body }: StrictMessage): void {
  const [method, url = ''] = start.split(' ')
  const [encoded = '', query = ''] = url.split(/\?(.*)/s)
  const path = unescaped(encoded)
  expect(path.split('/').slice(1)).not.toContain('..')
  const kind = path.replace(/^\/agents\/mine\//, '/agents/{id}/').replace(/\/$/, '')
  reached.set(`${method} ${kind}`, (reached.get(`${method} ${kind}`) ?? 0) + 1)
  if (kind === '/filesystem/files') expect(onlyValue(pairsIn(query), 'agent_id')).toBe('mine')
  else if (kind === '/eval-runs') {
    expect([undefined, 'mine', '', null]).toContain(onlyValue(membersIn(body), 'agent_id'))
  } else if (kind === '/schedules') {
    const endpoint = onlyValue(membersIn(body), 'endpoint')
    // Only an admin may schedule anything but a run.
    if (endpoint !== undefined) {
      expect(unescaped(String(endpoint))).toMatch(/^\/agents\/mine\/runs\/?$/)
    }
  } else expect(`${method} ${kind}`).toBe('POST /agents/{id}/runs')
}

holds(
  'a request is refused or concerns only the component that was authorized',
  6_000,
  fc.tuple(fc.oneof(files, evals, schedules, runs), spelling, fc.boolean()),
  async ([[method, sent], [before, after, escapeAt], isChosen]) => {
    const plain = before + sent.path
    const at = escapeAt % (plain.length * 4)
    const isLetter = /[a-z]/.test(plain[at] ?? '')
    const hex = Buffer.from(plain[at] ?? '').toString('hex')
    const path = isLetter ? `${plain.slice(0, at)}%${hex}${plain.slice(at + 1)}` : plain
    const target = path + after + (sent.query === '' ? '' : `?${sent.query}`)
    const body = Buffer.from(sent.body)
    const head = [`${method} ${target} HTTP/1.1`, 'host: x', 'x-fuzz: 1', 'connection: close']
    head.push(`authorization: Bearer ${token}`, `content-length: ${body.length}`)
    if (sent.type !== '') head.push(`content-type: ${sent.type}`)
    if (isChosen) head.push('x-agentos-upstream: a')
    const answer = await exchange(gateway.port, [`${head.join('\r\n')}\r\n\r\n`, body], true)
    gateway.assertUnhurt(answer, upstream)
    const [status] = finalAnswers(answer).map(({ start }) => Number(start.split(' ')[1]))
    const requests = upstream
      .take()
      .filter(({ headers }) => headers.some(([name]) => name === 'x-fuzz'))
    if (requests.length === 0) expect(Math.trunc((status ?? 0) / 100)).toBe(4)
    for (const request of requests) assertMine(request)
  },
)

test('the random requests reach the upstream on every route', () => {
  for (const route of [
    'GET /filesystem/files',
    'POST /eval-runs',
    'POST /schedules',
    'POST /agents/{id}/runs',
  ]) {
    expect(reached.get(route), route).toBeGreaterThan(5)
  }
})
