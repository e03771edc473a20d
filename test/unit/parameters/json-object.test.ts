import { expect, test } from 'vitest'
import { decidingObject, isReadElsewhere } from '../../../src/parameters/json-object.ts'

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
  [Buffer.from(`\ufeff${TEXT}`), true],
  [Buffer.from(TEXT, 'utf16le'), true],
  [Buffer.from('{"x":NaN}'), true],
  [Buffer.from('{"x":-Infinity}'), true],
  [Buffer.from('{"x":'), false],
])('AgentOS reads the body %s as JSON: %s', (body, isRead) => {
  expect(isReadElsewhere(body)).toBe(isRead)
})
