/** Random frames of the workflow socket, from clients and upstreams, and random bytes. */
import fc from 'fast-check'
import { afterAll, expect } from 'vitest'
import { Caller } from '../../src/auth/caller.ts'
import { Gateway } from '../../src/gateway.ts'
import { ClientConnection } from '../../src/socket/client-connection.ts'
import { messageFault, parseMessage } from '../../src/socket/client-message.ts'
import { headOf, withWorkflowIds } from '../../src/socket/frames.ts'
import { configOf } from '../support/gateway.ts'
import { holds } from './property.ts'
import { exchange, gatewayFor, startRecorder } from './strict-reader.ts'

const member = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom('', 'w', 'r', '__proto__', 'x'.repeat(2_000)),
)
const message = fc
  .record(
    {
      action: fc.oneof(
        fc.constantFrom('authenticate', 'start-workflow', 'continue-workflow', 'reconnect', 'ping'),
        member,
      ),
      token: member,
      workflow_id: member,
      run_id: member,
      message: member,
    },
    { requiredKeys: [] },
  )
  .map((value) => JSON.stringify(value))
const text = fc.oneof(
  message,
  fc.json(),
  fc.string({ unit: 'grapheme' }),
  fc.tuple(message, fc.nat(40)).map(([json, length]) => json.slice(0, length)),
)
const bytes = fc.oneof(
  text.map((each) => Buffer.from(each)),
  fc.uint8Array({ maxLength: 60 }).map((each) => Buffer.from(each)),
  text.map((each) => Buffer.from(`event: WorkflowStarted\ndata: ${each}\n\n`)),
)

holds('a client frame is a valid message or none', 8_000, text, async (said) => {
  const found = await parseMessage(said)
  if (found) expect(messageFault(found)).not.toBe('')
})

holds(
  'an upstream frame keeps its bytes when nothing is renamed',
  8_000,
  fc.tuple(bytes, fc.boolean()),
  ([frame, isAll]) => {
    headOf(frame, isAll)
    const ids = new Map([['no-such-workflow', 'other']])
    expect(withWorkflowIds(frame, ids)).toBe(frame)
  },
)

const engine = new Gateway(
  configOf({
    heartbeat: '1h',
    upstreams: [{ name: 'a', url: 'http://127.0.0.1:1', discover: false }],
  }),
)
afterAll(() => engine.stop())

holds(
  'any message of a client is answered without an internal error',
  2_500,
  fc.tuple(
    fc.array(text, { maxLength: 8 }),
    fc.constantFrom('none' as const, 'jwt' as const, 'security_key' as const),
  ),
  async ([said, mode]) => {
    const sent: string[] = []
    const greeted = Promise.withResolvers<void>()
    const peer = {
      bufferedAmount: 0,
      send: (frame: Buffer | string) => {
        sent.push(frame.toString())
        greeted.resolve()
      },
      close() {},
      terminate() {},
      pause() {},
      resume() {},
      ping() {},
    }
    const connection = new ClientConnection(peer, {
      gateway: () => engine,
      policy: {
        mode,
        authenticateToken: () => new Caller('Bearer x', { kind: 'root' }),
        mayRun: () => true,
      },
      chosen: () => undefined,
      headersFor: () => [],
    })
    for (const frame of said) connection.onMessage(Buffer.from(frame), false)
    await greeted.promise
    await new Promise(setImmediate)
    connection.onClosed()
    expect(sent.join('\n')).not.toContain('AGW_INTERNAL')
  },
)

const opcode = fc.constantFrom(0x81, 0x82, 0x88, 0x89, 0x8a, 0x01, 0x00, 0xc1, 0xf1, 0x83, 0x8f)
const frame = fc
  .tuple(opcode, fc.boolean(), fc.uint8Array({ maxLength: 125 }))
  .map(([first, isMasked, content]) => {
    const mask = isMasked ? [0, 0, 0, 0] : []
    return Buffer.from([first, content.length | (isMasked ? 0x80 : 0), ...mask, ...content])
  })
const noise = fc.uint8Array({ maxLength: 40 }).map((each) => Buffer.from(each))
const HANDSHAKE = [
  'GET /workflows/ws HTTP/1.1',
  'host: x',
  'upgrade: websocket',
  'connection: upgrade',
  'sec-websocket-version: 13',
  'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
  '\r\n',
].join('\r\n')
const upstream = await startRecorder()
const gateway = await gatewayFor({
  upstreams: [{ name: 'a', url: upstream.url, discover: false }],
})

holds(
  'random bytes after the handshake do not break the gateway',
  800,
  fc.array(fc.oneof(frame, noise), { maxLength: 6 }),
  async (frames) => {
    const answer = await exchange(gateway.port, [HANDSHAKE, ...frames])
    gateway.assertUnhurt(answer, upstream)
    expect(answer).toMatch(/^HTTP\/1\.1 101 /)
    const health = await exchange(gateway.port, ['GET /health HTTP/1.1\r\nhost: x\r\n\r\n'])
    expect(health).toMatch(/^HTTP\/1\.1 200 /)
  },
)
