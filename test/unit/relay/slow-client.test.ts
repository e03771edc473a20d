import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { GatewayError } from '../../../src/errors.ts'
import type { RunResumer } from '../../../src/relay/reattachment.ts'
import { Relay } from '../../../src/relay/relay.ts'
import type { Exchange, ResponseSink } from '../../../src/upstream/exchange.ts'
import { catchUp, events } from '../../support/background-run.ts'

/** A response whose caller reads nothing. */
class SlowResponse extends EventEmitter {
  writableEnded = false
  destroyed = false
  headersSent = false
  writeHead() {
    this.headersSent = true
  }
  flushHeaders() {}
  write() {
    return false
  }
}

function exchange() {
  const calls: string[] = []
  const call = (name: string) => () => void calls.push(name)
  const one: Exchange = {
    abort: call('abort'),
    pause: call('pause'),
    resume: call('resume'),
    limitSilence: call('limitSilence'),
  }
  return { one, calls }
}

test('a resumed stream stays paused while its caller is slow', async () => {
  const response = new SlowResponse()
  const [first, second] = [exchange(), exchange()]
  let resumed: ResponseSink | undefined
  const resumer: RunResumer = {
    attempts: 3,
    resumedFrom: undefined,
    resume: (_position, _head, sink) => {
      resumed = sink
      return second.one
    },
  }
  const relay = new Relay(response as unknown as ServerResponse, {
    headers: [],
    heartbeatTicks: 0,
    streamIdleMs: 0,
    run: { kind: 'agents', componentId: 'echo' },
    resumer,
    onRefused: () => {},
  })
  const rawHeaders = ['content-type', 'text/event-stream']
  const head = { status: 200, statusText: 'OK', rawHeaders, replicaUrl: 'http://a' }
  const turn = () => new Promise(setImmediate)
  relay.onHead(head, first.one)
  relay.onData(Buffer.from(events(0, 2)))
  await turn()
  expect(first.calls).toContain('pause')
  relay.onError(new GatewayError('AGW_RELAY_INTERRUPTED'))
  // Calls on an exchange without a connection have no effect, so only later ones count.
  second.calls.length = 0
  resumed?.onHead(head, second.one)
  resumed?.onData(Buffer.from(catchUp + events(3, 5)))
  await turn()
  expect(second.calls).toContain('pause')
  response.emit('drain')
  expect(second.calls.at(-1)).toBe('resume')
})
