import { expect, test } from 'vitest'
import { DECIDING } from '../../../src/parameters/deciding.ts'
import {
  assertReadOneWay,
  lastValue,
  queryPairs,
  withoutPairs,
} from '../../../src/parameters/query.ts'

// Expected values: the answers of FastAPI 0.165 with Starlette 1.10.
test.each([
  ['agent_id=a&agent_id=b', 'b'],
  ['agent_id=a&agent_id=', ''],
  ['?agent_id=a', undefined],
  ['agent_id=a;agent_id=b', 'a;agent_id=b'],
  ['%61gent_id=a', 'a'],
  ['agent%5fid=a', 'a'],
  ['agent_id=a+b', 'a b'],
  ['agent_id=%C3%A9', 'é'],
  ['agent_id=%ff', '\ufffd'],
  ['agent_id=%ed%a0%80', '\ufffd\ufffd\ufffd'],
  ['agent_id%00=a', undefined],
  ['Agent_Id=a', undefined],
  ['agent_id[]=a', undefined],
  ['+agent_id=a', undefined],
  ['agent_id', ''],
  ['agent_id=%zz', '%zz'],
  ['agent_id="a', '"a'],
  ['&&agent_id=a', 'a'],
  ['agent_id=a%26agent_id=b', 'a&agent_id=b'],
  ['%EF%BB%BFagent_id=a', undefined],
])('the query %j gives the agent id that AgentOS reads: %j', (query, value) => {
  expect(lastValue(queryPairs(query), 'agent_id')).toBe(value)
})

test.each([
  'agent_id=a&agent_id=b',
  'agent_id=a&agent_id=',
  'agent_id=&agent_id=a',
  'agent_id=a&%61gent_id=b',
  'agent_id[]=a',
  'agent_id[0]=a',
  'agent_id[]b=a',
  'agent_id%00b=a',
  '%00agent_id=a',
  'agent_id[=a',
  'Agent_Id=a',
  'AGENT_ID=a',
  'agent-id=a',
  '?agent_id=a',
  '+agent_id=a',
  'agent_id%00=a',
  'agent_id%20=a',
  '%EF%BB%BFagent_id=a',
  '%EF%BD%81gent_id=a',
  'x=1&db_id=a&y=2&db_id=b',
  'Type=agent',
])('the ambiguous query %j is refused', (query) => {
  expect(() => assertReadOneWay(queryPairs(query), DECIDING)).toThrow(
    expect.objectContaining({ code: 'AGW_PARAMETER_AMBIGUOUS', status: 422 }),
  )
})

test.each([
  '',
  'agent_id=a',
  'agent_id=',
  'agent_id=a&agent_id=a',
  'agent_id=a&team_id=b&limit=1&limit=2&status=A&status=B',
  'agent_identity=a&my_agent_id=b',
])('the query %j is accepted as unambiguous', (query) => {
  expect(() => assertReadOneWay(queryPairs(query), DECIDING)).not.toThrow()
})

test.each([
  ['/a', '/a'],
  ['/a?upstream=b', '/a'],
  ['/a?%75pstream=b&x=%2f+1', '/a?x=%2f+1'],
  ['/a?x=1&upstream&y', '/a?x=1&y'],
  ['/a??upstream=b', '/a??upstream=b'],
])('the target %s without one query name is %s', (url, rest) => {
  expect(withoutPairs(url, 'upstream')).toBe(rest)
})
