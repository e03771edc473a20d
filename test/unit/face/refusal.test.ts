import { expect, test } from 'vitest'
import { AgentOSError } from '../../../src/client/agentos-error.ts'
import { GatewayError } from '../../../src/errors.ts'
import { refusalOf } from '../../../src/face/refusal.ts'

test.each([
  ['of the gateway', new GatewayError('AGW_NO_REPLICA'), { 'retry-after': '1' }],
  ['of an AgentOS', new AgentOSError(429, 'Slow down', '7'), { 'retry-after': '7' }],
  ['without a wait', new AgentOSError(404, 'Agent not found'), {}],
  ['that is unexpected', new TypeError('x'), {}],
])('A refusal %s keeps its headers', (_what, thrown, headers) => {
  expect(refusalOf(thrown).headers).toEqual(headers)
})
