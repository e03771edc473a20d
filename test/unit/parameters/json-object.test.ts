import { expect, test } from 'vitest'
import {
  assertSameInBody,
  decidingObject,
  readableObject,
} from '../../../src/parameters/json-object.ts'

const NAMES = new Set(['agent_id', 'team_id'])
const read = (body: string | Buffer) => decidingObject(Buffer.from(body), NAMES)

test.each([
  ['{"agent_id":"a"}', 'a'],
  ['{"agent\\u005fid":"a"} ', 'a'],
  ['{"x":{"agent_id":"b","agent_id":"c"},"agent_id":"a"}', 'a'],
  ['{"agent_id":1}', 1],
  ['{"input":"\\"agent_id\\":1"}', undefined],
  ['{"x":1,"x":2}', undefined],
  ['{}', undefined],
])('the body %s gives the agent id %j', (body, value) => {
  expect(read(body)['agent_id']).toBe(value)
})

test.each([
  '{"agent_id":"a","agent_id":"b"}',
  '{"agent_id":"a","agent\\u005fid":"b"}',
  '{"agent_id":"a","agent_id":null}',
  '{"AGENT_ID":"a"}',
  '{"agent_id\\u0000":"a"}',
  '{"agent_id[]":["a"]}',
  '{" agent_id":"a"}',
])('the ambiguous body %s is refused', (body) => {
  expect(() => read(body)).toThrow(expect.objectContaining({ code: 'AGW_PARAMETER_AMBIGUOUS' }))
})

const TEXT = '{"agent_id":"a"}'
test.each([
  ['a byte order mark', Buffer.from(`\ufeff${TEXT}`)],
  ['UTF-16', Buffer.from(`\ufeff${TEXT}`, 'utf16le')],
  ['UTF-16 without a mark', Buffer.from(TEXT, 'utf16le')],
  ['a byte that is no UTF-8', Buffer.from('{"agent_id":"\xff"}', 'latin1')],
  ['a surrogate', Buffer.from('{"agent_id":"\xed\xa0\x80"}', 'latin1')],
  ['NaN', Buffer.from('{"agent_id":NaN}')],
  ['a list', Buffer.from('[1]')],
  ['null', Buffer.from('null')],
  ['nothing', Buffer.alloc(0)],
  ['1,001 members', Buffer.from(`{${Array.from({ length: 1_001 }, (_, i) => `"${i}":1`)}}`)],
])('a body with %s is refused', (_what, body) => {
  expect(() => decidingObject(body, NAMES)).toThrow(
    expect.objectContaining({ code: 'AGW_BODY_INVALID', status: 422 }),
  )
})

test.each([
  [Buffer.from(`\ufeff${TEXT}`)],
  [Buffer.from(TEXT, 'utf16le')],
  [Buffer.from('{"x":NaN}')],
  [Buffer.from('{"x":-Infinity}')],
])('a body that only AgentOS can read is refused, %#', (body) => {
  const refusal = expect.objectContaining({ code: 'AGW_BODY_INVALID' })
  expect(() => readableObject(body, NAMES)).toThrow(refusal)
})

test('a body that is no JSON object is left to AgentOS', () => {
  expect(
    ['{"x":', '7', 'null', ''].map((text) => readableObject(Buffer.from(text), NAMES)),
  ).toEqual([undefined, undefined, undefined, undefined])
  expect(readableObject(Buffer.from('[1]'), NAMES)).toEqual([1])
})

test('a body may repeat a parameter of the query with the same value only', () => {
  const query = new URLSearchParams('db_id=a')
  for (const body of [{}, { db_id: 'a' }, { db_id: null }]) {
    expect(() => assertSameInBody(query, body, ['db_id', 'x'])).not.toThrow()
  }
  const refusal = expect.objectContaining({ code: 'AGW_PARAMETER_AMBIGUOUS' })
  expect(() => assertSameInBody(query, { db_id: 'b' }, ['db_id'])).toThrow(refusal)
})
