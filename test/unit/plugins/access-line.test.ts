import { Writable } from 'node:stream'
import { pino, stdTimeFunctions } from 'pino'
import { expect, test } from 'vitest'
import type { AccessLine } from '../../../plugins/access-line.ts'
import { useTemplate } from '../../../plugins/access-line.ts'

const REQUEST: AccessLine = {
  requestId: 'r-1',
  traceId: undefined,
  method: 'POST',
  path: '/agents/echo/runs',
  client: '127.0.0.1',
  caller: 'sub',
  status: 200,
  face: undefined,
  upstream: 'one',
  component: 'agents/echo',
  runId: '898e8ced',
  stream: true,
  bytes: 0,
  durationMs: 1.5,
  error: undefined,
}
const SOCKET: AccessLine = {
  ...REQUEST,
  status: 101,
  closeCode: 1000,
  runs: 2,
  framesIn: 3,
  bytesIn: 4,
  framesOut: 5,
  bytes: 6,
}

test.each([
  ['a request', REQUEST],
  ['a WebSocket', SOCKET],
  ['a refusal', { client: undefined, status: 431, error: 'AGW_HEADERS_TOO_LARGE' } as const],
  ['quotes, controls and letters', { ...REQUEST, path: '/"\\\u0007é', caller: 'Jörg "x"\n' }],
])('The template writes the line of %s as pino does', (_name, line) => {
  expect(written(line, true)).toBe(written(line, false))
})

test('The template keeps names of levels and ISO times', () => {
  const options = {
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) },
  }
  const [fast, slow] = [written(REQUEST, true, options), written(REQUEST, false, options)]
  const withoutTime = (text: string) => text.replace(/"time":"[^"]*"/, '')
  expect(withoutTime(fast)).toBe(withoutTime(slow))
  expect(JSON.parse(fast)).toMatchObject({ level: 'info', time: expect.stringMatching(/Z$/) })
})

test('The template leaves a logger of another kind unchanged', () => {
  const logger = { info: () => undefined }
  useTemplate(logger as never)
  expect(Object.getOwnPropertySymbols(logger)).toEqual([])
})

/** Text of one line, by the template or by pino itself, at a fixed time. */
function written(line: AccessLine, isByTemplate: boolean, options: object = {}): string {
  let text = ''
  const destination = new Writable({
    write(chunk, _encoding, done) {
      text += chunk
      done()
    },
  })
  const root = pino({ base: { pid: 1 }, timestamp: () => ',"time":1', ...options }, destination)
  const logger = root.child({ area: 'access' })
  if (isByTemplate) useTemplate(logger as never)
  logger.info(line, 'request')
  return text
}
