import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../../src/errors.ts'
import { runIdIn, sessionIdIn, valueIn, valueInQuery } from '../../../src/relay/body-fields.ts'
import { errorEvent } from '../../../src/relay/error-event.ts'
import { formField, formFromJson } from '../../../src/relay/json-to-form.ts'

const FORM = 'application/x-www-form-urlencoded'

describe('conversion of JSON to a form', () => {
  test('a form made from JSON carries the same values', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()), (body) => {
        const json = JSON.stringify(body)
        const form = new URLSearchParams(formFromJson(Buffer.from(json)).toString())
        const expected = Object.entries(JSON.parse(json) as Record<string, unknown>)
          .filter(([, value]) => value !== null)
          .map(([name, value]) => [name.toWellFormed(), formField(value)?.toWellFormed()])
        expect([...form]).toEqual(expected)
      }),
    )
  })

  test.each([
    ['text', 'text'],
    [true, 'true'],
    [1.5, '1.5'],
    [{ a: [null] }, '{"a":[null]}'],
    [null, undefined],
    [undefined, undefined],
  ])('the JSON value %j becomes the form field %j', (value, field) => {
    expect(formField(value)).toBe(field)
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
      'event: error\ndata: {"detail":"Upstream \'a\' fell silent in the middle of its answer"}\n\n',
    )
  })
})
