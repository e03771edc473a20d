import { expect, test } from 'vitest'
import type { Stage } from '../../../src/upstream/transport-error.ts'
import { errorReason, transportError } from '../../../src/upstream/transport-error.ts'

const failure = (code: string, name = 'Error') => Object.assign(new Error('x'), { code, name })

test.each<[string, Error, Stage, string]>([
  ['a refused connection', failure('ECONNREFUSED'), 'connecting', 'AGW_UPSTREAM_UNREACHABLE'],
  ['an unknown name', failure('ENOTFOUND'), 'connecting', 'AGW_UPSTREAM_UNREACHABLE'],
  [
    'no connection in time',
    failure('UND_ERR_CONNECT_TIMEOUT'),
    'connecting',
    'AGW_CONNECT_TIMEOUT',
  ],
  ['a reset', failure('ECONNRESET'), 'sent', 'AGW_UPSTREAM_RESET'],
  ['a closed socket', failure('UND_ERR_SOCKET'), 'sent', 'AGW_UPSTREAM_RESET'],
  ['no HTTP', failure('HPE_INVALID_CONSTANT'), 'sent', 'AGW_UPSTREAM_PROTOCOL'],
  ['a parser error', failure('', 'HTTPParserError'), 'sent', 'AGW_UPSTREAM_PROTOCOL'],
  ['huge headers', failure('UND_ERR_HEADERS_OVERFLOW'), 'sent', 'AGW_UPSTREAM_PROTOCOL'],
  [
    'a request that cannot be sent',
    failure('UND_ERR_INVALID_ARG'),
    'connecting',
    'AGW_BAD_REQUEST',
  ],
  ['no file descriptor left', failure('EMFILE'), 'connecting', 'AGW_OUT_OF_RESOURCES'],
  ['no port left', failure('EADDRNOTAVAIL'), 'connecting', 'AGW_OUT_OF_RESOURCES'],
  ['a reset in mid-answer', failure('ECONNRESET'), 'answering', 'AGW_RELAY_INTERRUPTED'],
  ['no code at all', new Error('x'), 'sent', 'AGW_UPSTREAM_RESET'],
])('%s maps to its row in the error table', (_name, cause, stage, code) => {
  const error = transportError(cause, stage, 'a')
  expect(error).toMatchObject({ code, cause })
  // A lack of local resources says nothing about the upstream.
  expect(error.upstream).toBe(code === 'AGW_OUT_OF_RESOURCES' ? undefined : 'a')
})

test("error reasons carry the network's code and never an address", () => {
  const cause = Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:80'), {
    code: 'ECONNREFUSED',
  })
  const error = transportError(cause, 'connecting', 'a')
  expect(errorReason(error)).toBe('AGW_UPSTREAM_UNREACHABLE (ECONNREFUSED)')
  expect(errorReason(transportError(new Error('10.0.0.1'), 'sent', 'a'))).toBe('AGW_UPSTREAM_RESET')
  expect(error.detail).toBe("Upstream 'a' is unreachable")
})
