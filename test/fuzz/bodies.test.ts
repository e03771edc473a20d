/** Random request bodies and JSON that the gateway reads: it fails only in ways AgentOS would. */
import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { causingRoute } from '../../src/authorization/indirect-runs.ts'
import { GatewayError } from '../../src/errors.ts'
import { arrayItems, objectMembers, withMember } from '../../src/json/json-text.ts'
import { renameJson } from '../../src/json/rename-json.ts'
import { readPage } from '../../src/merge/pages.ts'
import { decidingObject } from '../../src/parameters/json-object.ts'
import { valueIn, valueInQuery } from '../../src/relay/body-fields.ts'
import { formFromJson, formFromMislabelledJson } from '../../src/relay/json-to-form.ts'
import { resumedFrom, withLastEventId } from '../../src/relay/last-event-id.ts'
import { headOf, withWorkflowIds } from '../../src/socket/frames.ts'
import { holds, madeOf } from './property.ts'

const JSON_PIECES = [
  ...['{', '}', '[', ']', ',', ':', '"', '\\', ' ', '\n', '1', '-1e9', 'null', 'true'],
  ...['"run_id"', '"workflow_id"', '"event"', '"agent_id"', '"data"', '"meta"', '\\u00', 'a'],
]
const MULTIPART_PIECES = [
  ...['--b', '--b--', '\r\n', '\r\n\r\n', '\n', 'name="session_id"', 'name=session_id', '; ', '"'],
  ...['content-disposition: form-data; name="session_id"\r\n\r\n', 'filename="x"', '\u0000', 's1'],
]
const almostJson = fc.oneof(
  madeOf(JSON_PIECES, 30),
  fc.json().map((text) => Buffer.from(text)),
  fc.tuple(fc.json(), fc.nat()).map(([text, at]) => Buffer.from(text.slice(0, at % text.length))),
)
const TYPES = [
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=b',
  'application/json',
  'application/vnd.x+json',
  'text/plain',
  undefined,
]

/** Returns the function's result, or undefined when it refuses with a 422. */
async function orRefused<T>(attempt: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await attempt()
  } catch (error) {
    expect(error).toBeInstanceOf(GatewayError)
    expect((error as GatewayError).status).toBe(422)
    return undefined
  }
}

/** Returns the function's result, or undefined when it throws a SyntaxError. */
function orNoJson<T>(attempt: () => T): T | undefined {
  try {
    return attempt()
  } catch (error) {
    expect(error).toBeInstanceOf(SyntaxError)
    return undefined
  }
}

describe('random bodies', () => {
  holds(
    'a body of any kind has the field or lacks it',
    15_000,
    fc.tuple(fc.oneof(madeOf(MULTIPART_PIECES, 20), almostJson), fc.constantFrom(...TYPES)),
    ([body, type]) => {
      const value = valueIn(body, type, 'session_id')
      expect(value === undefined || typeof value === 'string').toBe(true)
    },
  )

  holds(
    'any JSON body becomes an equal form or is refused with 422',
    10_000,
    almostJson,
    async (body) => {
      const form = await orRefused(() => formFromJson(body))
      if (form === undefined) return
      const fields = Object.entries(JSON.parse(body.toString()) as object).filter(
        ([, value]) => value !== null,
      )
      const read = [...new URLSearchParams(form.toString())]
      expect(new Set(read.map(([name]) => name))).toEqual(
        new Set(fields.map(([name]) => name.toWellFormed())),
      )
    },
  )

  holds(
    'a body labelled as a form changes only as JSON object',
    5_000,
    almostJson,
    async (body) => {
      const form = await formFromMislabelledJson(body)
      expect(form === undefined || body[0] === 123).toBe(true)
    },
  )

  holds(
    'the body of a command names its components or is refused',
    10_000,
    fc.tuple(
      almostJson,
      fc.constantFrom(
        'POST /schedules',
        'PATCH /schedules/s',
        'POST /eval-runs',
        'POST /company/setup',
        'POST /agents',
      ),
    ),
    async ([body, start]) => {
      const [method = '', path = ''] = start.split(' ')
      const route = causingRoute(method, path)
      const fields = await orRefused(() => decidingObject(body, route?.members ?? new Set()))
      if (fields === undefined) return
      try {
        await route?.runs(fields, async () => fields)
      } catch (error) {
        expect(error).toMatchObject({ code: 'AGW_BODY_INVALID' })
      }
    },
  )

  holds(
    'any body of the resume route gives an event index',
    5_000,
    fc.tuple(
      fc.oneof(madeOf(MULTIPART_PIECES, 10), almostJson),
      fc.constantFrom(...TYPES),
      fc.string(),
    ),
    ([body, type, id]) => {
      const changed = withLastEventId(body, type, id)
      expect(Number.isSafeInteger(resumedFrom(changed))).toBe(true)
    },
  )
})

describe('random JSON text, valid or not', () => {
  holds(
    'renaming JSON text ends and changes nothing without a rename',
    15_000,
    almostJson,
    (body) => {
      const text = body.toString()
      expect(renameJson(text, () => undefined)).toBe(text)
    },
  )

  holds('JSON text is cut at its top level or throws a SyntaxError', 5_000, almostJson, (body) => {
    const text = body.toString()
    orNoJson(() => arrayItems(text))
    orNoJson(() => objectMembers(text))
    orNoJson(() => withMember(text, 'page', '1'))
    orNoJson(() => readPage(text, 'data'))
  })

  holds('a socket frame is parsed or passes unchanged', 10_000, almostJson, (body) => {
    headOf(body, true)
    headOf(Buffer.concat([Buffer.from('event: WorkflowStarted\ndata: '), body]), false)
    const named = withWorkflowIds(body, new Map([['wf', 'other']]))
    expect(body.includes('wf') || named === body).toBe(true)
  })

  holds('a value is read from any query string', 5_000, fc.string({ unit: 'binary' }), (query) => {
    const value = valueInQuery(query, 'db_id')
    expect(value === undefined || query.includes('db_id')).toBe(true)
  })
})
