import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../../src/errors.ts'
import { runIdIn, sessionIdIn, valueIn, valueInQuery } from '../../../src/relay/body-fields.ts'
import { errorEvent } from '../../../src/relay/error-event.ts'
import { formFromJson } from '../../../src/relay/json-to-form.ts'

const FORM = 'application/x-www-form-urlencoded'

describe('conversion of JSON to a form', () => {
  test('a form made from JSON carries the same values', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()),
        async (body) => {
          const json = JSON.stringify(body)
          const form = new URLSearchParams((await formFromJson(Buffer.from(json))).toString())
          const expected = Object.entries(JSON.parse(json) as Record<string, unknown>)
            .filter(([, value]) => value !== null)
            .map(([name, value]) => {
              const field = typeof value === 'string' ? value : JSON.stringify(value)
              return [name.toWellFormed(), field.toWellFormed()]
            })
          expect(new Map(form)).toEqual(new Map(expected as [string, string][]))
        },
      ),
    )
  })

  test.each([
    ['9007199254740993', '9007199254740993'],
    ['12345678901234567890', '12345678901234567890'],
    ['1.0', '1.0'],
    ['-0', '-0'],
    ['1E400', '1E400'],
    ['0.1000', '0.1000'],
    ['true', 'true'],
    [
      '{"account":12345678901234567890, "rate":1.0}',
      '{"account":12345678901234567890, "rate":1.0}',
    ],
    ['[1.50,\n{"a":null}]', '[1.50,\n{"a":null}]'],
    ['"\\u00e9\\n&=+ %\\ud83d\\ude00"', 'é\n&=+ %😀'],
    ['""', ''],
  ])('a member keeps the text it was written with: %s', async (raw, field) => {
    const form = await formFromJson(Buffer.from(`{"message":"hi","x" : ${raw} ,"y":null}`))
    expect([...new URLSearchParams(form.toString())]).toEqual([
      ['message', 'hi'],
      ['x', field],
    ])
  })

  test('a repeated member keeps its last value, as in Python', async () => {
    const form = await formFromJson(Buffer.from('{"a":1,"b":2,"a":{"c":3}}'))
    expect([...new URLSearchParams(form.toString())]).toEqual([
      ['a', '{"c":3}'],
      ['b', '2'],
    ])
  })

  test('a long text is encoded like a short one', async () => {
    const message = `x${'😀é&'.repeat(50_000)}`
    const form = await formFromJson(Buffer.from(JSON.stringify({ message })))
    expect(form.toString()).toBe(new URLSearchParams({ message }).toString())
  })

  test('a body of more than 1,000 members is refused', async () => {
    const body = (count: number) =>
      Buffer.from(`{${Array.from({ length: count }, (_, i) => `"m${i}":1`).join(',')}}`)
    expect((await formFromJson(body(1_000))).length).toBeGreaterThan(0)
    await expect(formFromJson(body(1_001))).rejects.toMatchObject({
      code: 'AGW_BAD_REQUEST',
      detail: 'Too many fields. Maximum number of fields is 1000.',
    })
  })

  test.each([
    ['', 0, 'Expecting value'],
    ['{"é":1', 6, "Expecting ',' delimiter"],
    ['{"a":1,}', 7, 'Expecting property name enclosed in double quotes'],
    ['{"a":"b', 5, 'Unterminated string starting at'],
    ['{} x', 3, 'Extra data'],
  ])("%j is refused in FastAPI's words", async (json, position, error) => {
    await expect(formFromJson(Buffer.from(json))).rejects.toMatchObject({
      code: 'AGW_BODY_INVALID',
      detail: [{ type: 'json_invalid', loc: ['body', position], ctx: { error } }],
    })
  })
})

describe('fields of a body', () => {
  const multipart = '--b\r\ncontent-disposition: form-data; name="id"\r\n\r\nx y\r\n--b--'

  test.each([
    ['a form', FORM, 'a=1&id=x+y', 'x y'],
    ['a form with parts', 'multipart/form-data; boundary=b', multipart, 'x y'],
    ['JSON', 'application/json', '{"id":"x y"}', 'x y'],
  ])('a field is found in %s', (_name, type, body, value) => {
    expect(valueIn(Buffer.from(body), type, 'id')).toBe(value)
  })

  test.each([
    ['in a form without it', FORM, 'a=1'],
    ['in an empty field', FORM, 'id='],
    ['in parts without it', 'multipart/form-data', '--b'],
    ['in a part that is cut off', 'multipart/form-data', 'name="id"\r\n\r\nx'],
    ['in broken JSON', 'application/json', '{"id":'],
    ['in JSON null', 'application/json', 'null'],
    ['where it is no text', 'application/json', '{"id":1}'],
    ['in anything else', 'text/plain', 'id=x'],
    ['in a body of no type', undefined, 'id=x'],
  ])('no value is found %s', (_name, type, body) => {
    expect(valueIn(Buffer.from(body), type, 'id')).toBeUndefined()
  })

  test('a field is found in a query string', () => {
    expect(valueInQuery('a=1&id=2', 'id')).toBe('2')
    expect(valueInQuery('a=1', 'id')).toBeUndefined()
  })
})

describe('ids in a response', () => {
  test('run and session ids are found in JSON and in events', () => {
    expect(runIdIn(Buffer.from('{"a":1, "run_id" : "r-1"}'))).toBe('r-1')
    expect(runIdIn(Buffer.from('event: x\ndata: {"run_id":"r-2"}\n\n'))).toBe('r-2')
    expect(sessionIdIn(Buffer.from('{"session_id":"s-é"}'))).toBe('s-é')
  })

  test('ids are read only near the beginning and only in plain form', () => {
    expect(runIdIn(Buffer.from(`${' '.repeat(5_000)}"run_id":"r-1"`))).toBeUndefined()
    expect(runIdIn(Buffer.from('"run_id":"a\\"b"'))).toBeUndefined()
    expect(runIdIn(Buffer.from(`"run_id":"${'x'.repeat(200)}"`))).toBeUndefined()
    expect(sessionIdIn(Buffer.from('{}'))).toBeUndefined()
  })

  test.each(['.', '..', '../x', 'a/b'])('the run id %s, which is another path, is none', (id) => {
    expect(runIdIn(Buffer.from(`{"run_id":"${id}"}`))).toBeUndefined()
  })

  test.each(['...', '.a', 'a..b', '..x'])('the run id %s is one path segment', (id) => {
    expect(runIdIn(Buffer.from(`{"run_id":"${id}"}`))).toBe(id)
  })
})

describe('the error event of a broken stream', () => {
  const error = new GatewayError('AGW_RELAY_TIMEOUT', { upstream: 'a' })

  test('a broken run ends with one error event of its component kind', () => {
    const run = { kind: 'teams', componentId: 't', runId: 'r' } as const
    const [, name, data] =
      /^event: (\w+)\ndata: (.*)\n\n$/.exec(errorEvent(error, run, 5_999)) ?? []
    expect(name).toBe('TeamRunError')
    expect(JSON.parse(data ?? '')).toMatchObject({
      created_at: 5,
      team_id: 't',
      run_id: 'r',
      error_id: 'AGW_RELAY_TIMEOUT',
    })
  })

  test('a broken stream outside components ends with a plain error event', () => {
    const run = { kind: undefined, componentId: undefined, runId: undefined }
    expect(errorEvent(error, run, 0)).toBe(
      'event: error\ndata: {"detail":"Upstream \'a\' stopped sending during its answer"}\n\n',
    )
  })
})
