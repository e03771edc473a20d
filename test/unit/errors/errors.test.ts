import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { ErrorKind } from '../../../src/errors.ts'
import { ERRORS, errorBody, GatewayError } from '../../../src/errors.ts'

const ROW = /^\| `(AGW_\w+)` \| (\d+|–) \| (.+?) \| (yes|no) \| (yes|no) \| (\d+|–) \| (.+) \|$/

/** Returns the rows of docs/errors.md by error code. */
function documented(): Map<string, string[]> {
  const text = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
  const rows = text.split('\n').filter((line) => line.startsWith('| `'))
  return new Map(
    rows.map((row) => [ROW.exec(row)?.[1] ?? row, [...(ROW.exec(row) ?? [])].slice(2)]),
  )
}

describe('the table of errors', () => {
  const rows = documented()

  test('docs/errors.md lists exactly the error codes in table order', () => {
    expect([...rows.keys()]).toEqual(Object.keys(ERRORS))
  })

  test.each(Object.entries(ERRORS))(
    'docs/errors.md describes %s as the code does',
    (code, kind) => {
      const [status, detail, failover, counts, retryAfter, advice] = rows.get(code) ?? []
      expect({ status, detail, failover, counts, retryAfter }).toEqual({
        status: kind.status === 0 ? '–' : String(kind.status),
        detail: kind.detail,
        failover: kind.failover ? 'yes' : 'no',
        counts: kind.countsAgainstReplica ? 'yes' : 'no',
        retryAfter: String((kind as ErrorKind).retryAfterS ?? '–'),
      })
      expect(advice?.length).toBeGreaterThan(10)
    },
  )

  test('only errors that prove the request unprocessed allow a failover', () => {
    const goesOn = Object.entries(ERRORS).filter(([, { failover }]) => failover)
    expect(goesOn.map(([code]) => code)).toEqual([
      'AGW_UPSTREAM_UNREACHABLE',
      'AGW_CONNECT_TIMEOUT',
    ])
  })

  test('no error caused by the caller counts against a replica', () => {
    for (const { status, countsAgainstReplica } of Object.values(ERRORS)) {
      if (status >= 400 && status < 501) expect(countsAgainstReplica).toBe(false)
    }
  })
})

describe('GatewayError', () => {
  test('a GatewayError takes its text from its row and names the upstream', () => {
    expect(new GatewayError('AGW_NOT_FOUND').detail).toBe('Not Found')
    const error = new GatewayError('AGW_UPSTREAM_TIMEOUT', { upstream: 'a' })
    expect(error.detail).toBe("Upstream 'a' did not answer in time")
    expect(error.message).toBe(error.detail)
    expect([error.status, error.upstream, error.headers]).toEqual([504, 'a', {}])
  })

  test('a GatewayError keeps its cause and may override text and headers', () => {
    const cause = new Error('deep')
    const detail = [{ type: 'json_invalid' }]
    const headers = { allow: 'GET' }
    const error = new GatewayError('AGW_BODY_INVALID', { cause, detail, headers })
    expect(error.cause).toBe(cause)
    expect(error.message).toBe('Request body is not valid')
    expect(error.headers).toEqual(headers)
    expect(errorBody(error.detail)).toBe('{"detail":[{"type":"json_invalid"}]}')
  })

  test('a GatewayError has the retry-after of its row unless a header replaces it', () => {
    expect(new GatewayError('AGW_KEYS_UNAVAILABLE').headers).toEqual({ 'retry-after': '5' })
    const headers = { 'retry-after': '30' }
    expect(new GatewayError('AGW_RATE_LIMITED', { headers }).headers).toEqual(headers)
  })
})
