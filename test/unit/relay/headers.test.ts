import { describe, expect, test } from 'vitest'
import { PublicAddresses } from '../../../src/relay/public-address.ts'
import type { RequestHeaderOptions } from '../../../src/relay/request-headers.ts'
import { requestHeaders } from '../../../src/relay/request-headers.ts'
import { answerHead } from '../../../src/relay/response-headers.ts'

const FORWARDING = {
  clientAddress: '10.0.0.1',
  scheme: 'https',
  host: 'acme.org',
  isTrusted: false,
  requestId: 'r-1',
  viaName: 'gateway-1',
}
const OURS = [
  ['x-forwarded-for', '10.0.0.1'],
  ['x-request-id', 'r-1'],
  ['via', '1.1 gateway-1'],
  ['x-forwarded-proto', 'https'],
  ['x-forwarded-host', 'acme.org'],
].flat()

function sent(raw: string[], options: Partial<RequestHeaderOptions> = {}): string[] {
  return requestHeaders(raw, { authorization: undefined, forwarding: FORWARDING, ...options })
}

describe('request headers', () => {
  test('request headers keep their case, order and repeats', () => {
    const raw = ['Accept', 'a', 'X-Two', '1', 'x-two', '2']
    expect(sent(raw)).toEqual([...raw, ...OURS])
  })

  test('headers that the gateway sets itself are removed from a request', () => {
    const raw = [
      'Host',
      'h',
      'Expect',
      '100-continue',
      'X-Request-Id',
      'x',
      'x-agentos-upstream',
      'a',
    ]
    expect(sent(raw)).toEqual(OURS)
  })

  test("a request carries the upstream's credentials and never the caller's", () => {
    const raw = ['Authorization', 'Bearer caller']
    expect(sent(raw)).toEqual(OURS)
    expect(sent(raw, { authorization: 'Bearer other' })).toEqual([
      ...OURS,
      'authorization',
      'Bearer other',
    ])
  })

  test('a replaced body gets its own content headers', () => {
    const raw = [
      'Content-Type',
      'application/json',
      'content-length',
      '2',
      'Content-Encoding',
      'gzip',
    ]
    expect(
      sent([...raw, 'content-language', 'de'], { replacedBody: { contentType: 'x/y' } }),
    ).toEqual(['content-language', 'de', ...OURS, 'content-type', 'x/y'])
  })

  test('x-forwarded-host is omitted when the caller sent no host', () => {
    expect(sent([], { forwarding: { ...FORWARDING, host: undefined } })).toEqual(OURS.slice(0, 8))
  })

  test('cookies are removed by policy, and the empty header with them', () => {
    const cookies = (pass: 'forward' | 'none' | 'all') => ({ pass, tokenName: 'token' })
    const raw = ['cookie', 'a=1; token=secret; b=2']
    expect(sent(raw, { cookies: cookies('forward') })).toEqual(['cookie', 'a=1; b=2', ...OURS])
    expect(sent(raw, { cookies: cookies('none') })).toEqual(OURS)
    expect(sent(raw, { cookies: cookies('all') })).toEqual([...raw, ...OURS])
    expect(sent(['cookie', 'token=secret'], { cookies: cookies('forward') })).toEqual(OURS)
  })

  test('a response that the gateway reads is requested uncompressed', () => {
    expect(sent(['accept-encoding', 'gzip'], { isReadByGateway: true })).toEqual([
      ...OURS,
      'accept-encoding',
      'identity',
    ])
  })
})

const addresses = new PublicAddresses({
  urls: ['http://up:7777/base'],
  origin: 'https://gw.example',
  prefix: '',
})
const HEAD = { status: 200, statusText: 'OK', replicaUrl: 'http://up:7777/base' }
const answered = (rawHeaders: string[], ours: string[] = []) =>
  answerHead({ ...HEAD, rawHeaders }, { headers: ours, addresses: () => addresses })

describe('response heads', () => {
  test("the gateway's headers replace equally named ones of the upstream", () => {
    const { headers } = answered(['X-Request-Id', 'theirs', 'x-a', '1'], ['x-request-id', 'ours'])
    expect(headers).toEqual(['x-a', '1', 'x-request-id', 'ours'])
  })

  test.each([
    [['text/event-stream'], true, true],
    [['Text/Event-Stream; charset=utf-8'], true, true],
    [['text/event-stream', 'content-encoding', 'gzip'], true, false],
    [['text/event-stream', 'content-encoding', 'identity'], true, true],
    [['text/event-stream', 'content-length', '10'], true, false],
    [['application/json'], false, false],
    [['text/event-streams'], false, false],
  ])(
    'the content type %j means event stream %s and accepts events %s',
    (type, isEventStream, acceptsEvents) => {
      expect(answered(['content-type', ...type])).toMatchObject({ isEventStream, acceptsEvents })
    },
  )

  test("an event stream keeps the upstream's cache-control", () => {
    const raw = ['content-type', 'text/event-stream', 'Cache-Control', 'private']
    expect(answered(raw).headers).toEqual([...raw, 'x-accel-buffering', 'no'])
  })

  test.each([
    ['http://up:7777/base/x?y=1', '/x?y=1'],
    ['http://up:7777/base', '/'],
    ['http://up:7777/base?y', '/?y'],
    ['http://up:7777/basement', '/basement'],
    ['https://login.example/x', 'https://login.example/x'],
    ['/relative', '/relative'],
  ])('the location %s is shown to the caller as %s', (location, shown) => {
    expect(answered(['location', location]).headers).toEqual(['location', shown])
  })

  test.each([
    [[], ['vary', 'Origin'], ['vary', 'Origin']],
    [['vary', 'a'], [], ['vary', 'a']],
    [
      ['Vary', 'a', 'vary', 'B'],
      ['vary', 'b, c'],
      ['vary', 'a, B, c'],
    ],
  ])('the vary headers %j and %j are joined', (theirs, ours, joined) => {
    expect(answered(theirs, ours).headers).toEqual(joined)
  })

  test("the upstream's set-cookie headers can be removed", () => {
    const head = { ...HEAD, rawHeaders: ['set-cookie', 'a=1'] }
    expect(answerHead(head, { headers: [], setsCookies: false }).headers).toEqual([])
  })
})
