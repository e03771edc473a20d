/** Random headers and paths: hop-by-hop headers are removed and everything else arrives unchanged. */
import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { normalTarget, pathFault } from '../../src/parameters/path.ts'
import { requestHeaders } from '../../src/relay/request-headers.ts'
import { answerHead } from '../../src/relay/response-headers.ts'
import { runRouteOf } from '../../src/relay/sticky-replica.ts'
import { holds } from './property.ts'

const NAMES = [
  ...['Connection', 'connection', 'Keep-Alive', 'TE', 'Trailer', 'Transfer-Encoding', 'Upgrade'],
  ...['Proxy-Connection', 'Proxy-Authorization', 'Host', 'Authorization', 'Cookie', 'Set-Cookie'],
  ...['X-Forwarded-For', 'Forwarded', 'X-Request-Id', 'Content-Type', 'Content-Length', 'Vary'],
  ...['traceparent', 'X-Custom', 'x-secret', 'Location', 'Access-Control-Allow-Origin', 'Accept'],
]
const HOP_BY_HOP =
  /^(?:connection|keep-alive|proxy-(?:authenticate|authorization|connection)|te|trailer|transfer-encoding|upgrade)$/
const values = fc.oneof(
  fc.constantFrom('close', 'keep-alive, X-Secret', 'x-custom , Authorization,,', 'a=b; c=d', '5'),
  fc.string({ unit: fc.integer({ min: 32, max: 255 }).map((code) => String.fromCharCode(code)) }),
)
/** Names and values in alternation. */
const headers = fc
  .array(fc.tuple(fc.constantFrom(...NAMES), values), { maxLength: 15 })
  .map((pairs) => pairs.flat())

const pairsOf = (flat: readonly string[]): [string, string][] =>
  flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1] as string]] : []))

/** Returns the names that the `Connection` headers of a message list. */
function listedIn(flat: readonly string[]): Set<string> {
  const lists = pairsOf(flat).filter(([name]) => name.toLowerCase() === 'connection')
  return new Set(
    lists.flatMap(([, list]) => list.split(',').map((name) => name.trim().toLowerCase())),
  )
}

/** Returns the end-to-end headers in their order. */
function endToEnd(flat: readonly string[], isOurs: (name: string) => boolean): string[][] {
  const listed = listedIn(flat)
  return pairsOf(flat).filter(([original]) => {
    const name = original.toLowerCase()
    return !HOP_BY_HOP.test(name) && !listed.has(name) && !isOurs(name)
  })
}

const forwarding = {
  clientAddress: '192.0.2.1',
  scheme: 'http',
  host: 'gateway',
  isTrusted: false,
  requestId: 'r-1',
  viaName: 'gateway-1',
}

describe('random headers', () => {
  const isOursThere = (name: string) =>
    /^(?:host|authorization|x-request-id|via|x-forwarded-.*|forwarded)$/.test(name)

  holds(
    "request headers arrive except hop-by-hop headers and the gateway's own",
    15_000,
    headers,
    (flat) => {
      const sent = requestHeaders(flat, { authorization: 'Bearer ours', forwarding })
      expect(pairsOf(sent).filter(([name]) => !isOursThere(name.toLowerCase()))).toEqual(
        endToEnd(flat, isOursThere),
      )
      const authorizations = pairsOf(sent).filter(
        ([name]) => name.toLowerCase() === 'authorization',
      )
      expect(authorizations).toEqual([['authorization', 'Bearer ours']])
      expect(
        sent.filter((_, i) => i % 2 === 0 && HOP_BY_HOP.test((sent[i] as string).toLowerCase())),
      ).toEqual([])
    },
  )

  const isOursHere = (name: string) =>
    /^(?:x-request-id|vary|location)$/.test(name) || name.startsWith('access-control-')

  holds(
    "response headers arrive except hop-by-hop headers and the gateway's own",
    15_000,
    headers,
    (rawHeaders) => {
      const head = { status: 200, statusText: 'OK', rawHeaders, replicaUrl: 'http://10.0.0.1:7777' }
      const answer = answerHead(head, { headers: ['x-request-id', 'r-1'] })
      expect(pairsOf(answer.headers).filter(([name]) => !isOursHere(name.toLowerCase()))).toEqual(
        endToEnd(rawHeaders, isOursHere),
      )
    },
  )
})

const SEGMENTS = [
  ...[
    'agents',
    'runs',
    '.',
    '..',
    '%2e',
    '%2E%2e',
    '',
    'a%2fb',
    'a%5cb',
    'é',
    '%C3%A9',
    '%',
    '%zz',
  ],
  ...[';a=b', 'a;b', '%00', '\\', 'upstreams', 'x', 'cancel', '%25', '#', '%23', 'A'],
]
const paths = fc
  .tuple(
    fc.array(fc.constantFrom(...SEGMENTS), { maxLength: 7 }),
    fc.constantFrom('', '?', '?a=/..//', '?#'),
  )
  .map(([segments, query]) => `/${segments.join('/')}${query}`)

describe('random paths', () => {
  holds('an accepted path means the same to every URL parser', 15_000, paths, (path) => {
    const target = normalTarget(path)
    if (pathFault(target) !== undefined) return
    const own = (target.split('?')[0] as string).replace(/[^!-~]/g, encodeURIComponent)
    expect(new URL(target, 'http://upstream').pathname).toBe(own)
    expect(decodeURIComponent(own).split('/').length).toBe(own.split('/').length)
  })

  holds('the normal form of a path is its own normal form', 5_000, paths, (path) => {
    const target = normalTarget(path)
    expect(path.split('?').slice(1)).toEqual(target.split('?').slice(1))
    expect(normalTarget(target)).toBe(target)
  })

  holds('a path below a component is a run route or none', 5_000, paths, (path) => {
    if (pathFault(path) !== undefined) return
    const route = runRouteOf(path)
    expect(route === undefined || path.includes('runs')).toBe(true)
  })
})
