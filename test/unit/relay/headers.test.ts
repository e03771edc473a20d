import { describe, expect, test } from 'vitest'
import type { RequestHeaderOptions } from '../../../src/relay/request-headers.ts'
import { requestHeaders } from '../../../src/relay/request-headers.ts'
import { answerHead } from '../../../src/relay/response-headers.ts'

const FORWARDING = {
  clientAddress: '10.0.0.1',
  scheme: 'https',
  host: 'acme.org',
  isTrusted: false,
  requestId: 'r-1',
}
const OURS = [
  ['x-forwarded-for', '10.0.0.1'],
  ['x-request-id', 'r-1'],
  ['x-forwarded-proto', 'https'],
  ['x-forwarded-host', 'acme.org'],
].flat()

function sent(raw: string[], options: Partial<RequestHeaderOptions> = {}): string[] {
  return requestHeaders(raw, { authorization: undefined, forwarding: FORWARDING, ...options })
}

describe('headers of a request', () => {
  test('keep their case, their order and their repeats', () => {
    const raw = ['Accept', 'a', 'X-Two', '1', 'x-two', '2']
    expect(sent(raw)).toEqual([...raw, ...OURS])
  })

  test('go without what the gateway or its client says itself', () => {
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

  test('bring the credentials they are given, never the caller’s', () => {
    const raw = ['Authorization', 'Bearer caller']
    expect(sent(raw)).toEqual(OURS)
    expect(sent(raw, { authorization: 'Bearer other' })).toEqual([
      ...OURS,
      'authorization',
      'Bearer other',
    ])
  })

  test('describe the body that is sent, where it is another than the caller’s', () => {
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

  test('go without the caller’s host where there is none', () => {
    expect(sent([], { forwarding: { ...FORWARDING, host: undefined } })).toEqual(OURS.slice(0, 6))
  })

  test('leave out cookies as they are told, and the header with the last of them', () => {
    const cookies = (pass: 'forward' | 'none' | 'all') => ({ pass, tokenName: 'token' })
    const raw = ['cookie', 'a=1; token=secret; b=2']
    expect(sent(raw, { cookies: cookies('forward') })).toEqual(['cookie', 'a=1; b=2', ...OURS])
    expect(sent(raw, { cookies: cookies('none') })).toEqual(OURS)
    expect(sent(raw, { cookies: cookies('all') })).toEqual([...raw, ...OURS])
    expect(sent(['cookie', 'token=secret'], { cookies: cookies('forward') })).toEqual(OURS)
  })

  test('ask for no compression of what is read here', () => {
    expect(sent(['accept-encoding', 'gzip'], { isReadHere: true })).toEqual(OURS)
  })
})

const HEAD = { status: 200, statusText: 'OK', replicaUrl: 'http://up:7777/base' }
const answered = (rawHeaders: string[], ours: string[] = []) =>
  answerHead({ ...HEAD, rawHeaders }, ours)

describe('the head of an answer', () => {
  test('has our headers in place of the upstream’s', () => {
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
  ])('of %j: an event stream %s, that takes events %s', (type, isEventStream, acceptsEvents) => {
    expect(answered(['content-type', ...type])).toMatchObject({ isEventStream, acceptsEvents })
  })

  test('of an event stream keeps what the upstream says of caching', () => {
    const raw = ['content-type', 'text/event-stream', 'Cache-Control', 'private']
    expect(answered(raw).headers).toEqual([...raw, 'x-accel-buffering', 'no'])
  })

  test.each([
    ['http://up:7777/base/x?y=1', '/x?y=1'],
    ['http://up:7777/base', '/'],
    ['http://up:7777/base?y', '?y'],
    ['http://up:7777/basement', 'http://up:7777/basement'],
    ['https://login.example/x', 'https://login.example/x'],
    ['/relative', '/relative'],
  ])('never shows the upstream’s address: location %s becomes %s', (location, shown) => {
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
  ])('varies by what either side varies by: %j and %j', (theirs, ours, joined) => {
    expect(answered(theirs, ours).headers).toEqual(joined)
  })

  test('can leave the upstream’s cookies out', () => {
    const head = { ...HEAD, rawHeaders: ['set-cookie', 'a=1'] }
    expect(answerHead(head, [], false).headers).toEqual([])
  })
})
