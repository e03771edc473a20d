/** Tests that the decisions of a continued run are listed, or that a digest shows that they are not. */
import { expect, test } from 'vitest'
import { decisionsIn } from '../../../src/audit/approvals.ts'

const FORM = 'application/x-www-form-urlencoded'
const MULTIPART = 'multipart/form-data; boundary=b'
const TOOLS = '[{"tool_name":"pay","confirmed":true}]'
const LISTED = { calls: [{ tool: 'pay', decision: 'approved' }] }
const DIGEST = { unread_sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }
const HEAD = 'Content-Disposition: form-data; name="requirements"'

const read = (body: string, type: string) => decisionsIn(Buffer.from(body), type)
const part = (head: string) => `--b\r\n${head}\r\n\r\n${TOOLS}\r\n--b--\r\n`

test.each([
  ['a form', `requirements=${TOOLS}`, FORM],
  ['a form with an encoded name', `%72equirements=${TOOLS}`, FORM],
  ['a form whose type names JSON', `requirements=${TOOLS}`, `${FORM}; x=json`],
  ['a form with an empty list beside it', `tools=[]&requirements=${TOOLS}`, FORM],
  ['a multipart form', part(HEAD), MULTIPART],
  ['a multipart form of aiohttp', part(`Content-Type: text/plain\r\n${HEAD}`), MULTIPART],
  ['JSON', `{"requirements":${TOOLS}}`, 'application/json'],
])('the decisions of %s are listed', async (_name, body, type) => {
  expect(await read(body, type)).toEqual(LISTED)
})

test('the decisions of two fields are listed', async () => {
  const { calls } = (await read(`tools=${TOOLS}&requirements=${TOOLS}`, FORM)) ?? {}
  expect(calls).toHaveLength(2)
})

test.each([
  ['a line break before the first part', `\r\n${part(HEAD)}`, MULTIPART],
  ['another disposition', part(HEAD.replace('form-data', 'attachment')), MULTIPART],
  ['two dispositions', part(`Content-Disposition: form-data; name="x"\r\n${HEAD}`), MULTIPART],
  ['two boundaries', part(HEAD), 'multipart/form-data; boundary=a; boundary=b'],
  ['a part without a head', `--b\r\n\r\nx\r\n${part(HEAD)}`, MULTIPART],
  ['invalid JSON', `{"x":NaN,"requirements":${TOOLS}}`, 'application/json'],
])('a body with %s has a digest, because AgentOS may read it otherwise', async (_, body, type) => {
  expect(await read(body, type)).toMatchObject(DIGEST)
})

test.each([
  ['a form', 'stream=true', FORM],
  ['a multipart form', part(HEAD.replace('requirements', 'x')), MULTIPART],
  ['JSON', '{"x":1}', 'application/json'],
])('%s without decisions has no digest', async (_name, body, type) => {
  expect(await read(body, type)).toBeUndefined()
})
