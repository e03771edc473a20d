import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { decisionsIn } from '../../../src/audit/approvals.ts'
import { callsIn } from '../../../src/audit/calls.ts'
import { digestOf } from '../../../src/audit/canonical.ts'
import { runEndIn } from '../../../src/audit/run-end.ts'

const sha = (text: string) => hash('sha256', text)
const FORM = 'application/x-www-form-urlencoded'

test('blanks, escapes and the order of members do not change a digest', async () => {
  const expected = sha('{"a":[1,2.50,{"ü":"\\n"}],"b":null,"n":12345678901234567890}')
  const texts = [
    '{"a":[1,2.50,{"ü":"\\n"}],"b":null,"n":12345678901234567890}',
    ' { "n" : 12345678901234567890, "b":null, "a":[ 1, 2.50, {"\\u00fc":"\\u000a"} ] } ',
    '{"b":1,"n":12345678901234567890,"a":[1,2.50,{"ü":"\\n"}],"b":null}',
  ]
  for (const text of texts) expect(await digestOf(Buffer.from(text))).toBe(expected)
})

test('numbers keep every digit in a digest', async () => {
  const digests = ['9007199254740993', '9007199254740992', '1.0', '1'].map((text) =>
    digestOf(Buffer.from(text)),
  )
  expect(new Set(await Promise.all(digests)).size).toBe(4)
})

test('names are sorted by code point, as in Python', async () => {
  expect(await digestOf(Buffer.from('{"\u{1F600}":1,"\uFF5E":2}'))).toBe(
    sha('{"\uFF5E":2,"\u{1F600}":1}'),
  )
})

test('each kind of decision is read from tools, requirements and steps', async () => {
  const tool = { tool_name: 't', tool_args: {} }
  const items = [
    { ...tool, confirmed: true },
    { ...tool, confirmed: false },
    { ...tool, requires_user_input: true, answered: true },
    { ...tool, external_execution_required: true, result: 'done' },
    { ...tool, requires_confirmation: true },
    { ...tool },
    { tool_execution: { ...tool, tool_name: 'nested', confirmed: true } },
    { step_id: 's', step_name: 'deploy', confirmed: true },
    { step_id: 's', step_name: 'ask', user_input: { a: 1 } },
    { step_id: 's', step_name: 'route', selected_choices: ['x'] },
    {
      step_id: 's',
      executor_requirements: [
        { tool_execution: { ...tool, tool_name: 'inner', confirmed: false } },
      ],
    },
    'text',
  ]
  const { calls } = await callsIn(Buffer.from(JSON.stringify(items)))
  expect(calls.map(({ tool: name, decision }) => `${name} ${decision}`)).toEqual([
    't approved',
    't rejected',
    't answered',
    't answered',
    't pending',
    'nested approved',
    'deploy approved',
    'ask answered',
    'route answered',
    'inner rejected',
  ])
})

test('names of tools lose line breaks and are cut', async () => {
  const tool = { tool_name: `x\n${'y'.repeat(1_000)}`, tool_args: {}, confirmed: true }
  const { calls } = await callsIn(Buffer.from(JSON.stringify([tool])))
  expect(calls[0]?.tool).toHaveLength(128)
  expect(calls[0]?.tool).toMatch(/^x\uFFFDy+…$/)
})

test('a text that is not read completely leaves its digest', async () => {
  const many = JSON.stringify(
    Array.from({ length: 60 }, () => ({ tool_name: 't', tool_args: {}, confirmed: true })),
  )
  const listed = await callsIn(Buffer.from(many))
  expect(listed).toMatchObject({ unread_sha256: sha(many) })
  expect(listed.calls).toHaveLength(50)
  expect(await callsIn(Buffer.from('[{'))).toEqual({ calls: [], unread_sha256: sha('[{') })
  const long = Buffer.alloc(2 * 1024 * 1024, 'x')
  expect(await decisionsIn(long, FORM)).toEqual({ calls: [], unread_sha256: hash('sha256', long) })
})

test('decisions are read from every form of body', async () => {
  const tools = JSON.stringify([{ tool_name: 'ü', tool_args: { a: 1 }, confirmed: true }])
  const multipart = [
    '--b',
    'content-disposition: form-data; name="tools"',
    '',
    tools,
    '--b--',
    '',
  ].join('\r\n')
  const bodies = [
    [
      new URLSearchParams({ tools: '[]', x: '1' }).toString() +
        `&tools=${encodeURIComponent(tools)}`,
      FORM,
    ],
    [multipart, 'multipart/form-data; boundary=b'],
    [`{"tools":${tools}}`, 'application/json'],
  ] as const
  for (const [body, type] of bodies) {
    const found = await decisionsIn(Buffer.from(body), type)
    expect(found?.calls).toEqual([{ tool: 'ü', decision: 'approved', args_sha256: sha('{"a":1}') }])
  }
  expect(await decisionsIn(Buffer.from('session_id=s'), FORM)).toBeUndefined()
})

test('the end of a run is read from the end of its answer', async () => {
  const status = async (text: string, isStream: boolean) =>
    (await runEndIn(Buffer.from(text), isStream)).status
  expect(
    await status('event: TeamRunCompleted\ndata: {"event": "TeamRunCompleted"}\n\n', true),
  ).toBe('COMPLETED')
  expect(await status('data: {"event":"WorkflowCancelled"}\n\n', true)).toBe('CANCELLED')
  expect(await status('data: {"event":"RunContent"}\n\n', true)).toBeUndefined()
  expect(await status('{"status":"ERROR"}', false)).toBe('ERROR')
  expect(await status('{"a":{"status":"no"}, "status" : "PENDING","b":1}', false)).toBe('PENDING')
  expect(await status('{"status":7', false)).toBeUndefined()
  expect(await runEndIn(undefined, true)).toEqual({ status: undefined, pending: undefined })
})
