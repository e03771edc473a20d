import { expect, test } from 'vitest'
import { renamedFilter } from '../../../src/ids/search-filter.ts'

const rename = (key: string, value: string) => (key === 'agent_id' ? `p-${value}` : undefined)
const renamed = (text: string) => renamedFilter(Buffer.from(text), rename).toString()

test.each([
  ['{"op":"EQ","key":"agent_id","value":"x"}', '{"op":"EQ","key":"agent_id","value":"p-x"}'],
  ['{ "value" : "x", "key" : "agent_id" }', '{ "value" : "p-x", "key" : "agent_id" }'],
  ['{"key":"agent_id","value":["x",1.0,"y"]}', '{"key":"agent_id","value":["p-x",1.0,"p-y"]}'],
  [
    '{"op":"AND","conditions":[{"key":"agent_id","value":"x"},{"key":"n","value":1.0}]}',
    '{"op":"AND","conditions":[{"key":"agent_id","value":"p-x"},{"key":"n","value":1.0}]}',
  ],
  ['[{"key":"agent_id","value":"\\u0078"}]', '[{"key":"agent_id","value":"p-x"}]'],
])('the ids of the filter %s are renamed to %s', (filter, expected) => {
  expect(renamed(filter)).toBe(expected)
})

test.each([
  '{"key":"status","value":"x"}',
  '{"key":7,"value":"x"}',
  '{"key":"x","value":{"key":"agent_id","value":"x"}}',
  '{"value":"agent_id"}',
  '{"big":9007199254740993,"value":1.0}',
  '"agent_id"',
  'null',
])('the filter %s keeps every byte', (filter) => {
  expect(renamed(filter)).toBe(filter)
})
