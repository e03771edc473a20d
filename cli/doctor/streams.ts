/** Checks that proxies pass events one by one, and keep silent streams open. */
import type { IncomingMessage } from 'node:http'
import type { Finding } from './finding.ts'
import { fail, ok, warn } from './finding.ts'
import type { Piece, Target } from './target.ts'
import { reasonOf } from './target.ts'

const EVENTS = 5
const INTERVAL_MS = 600
const HEARTBEAT_MS = 250
const UNBUFFERED =
  'Turn buffering off in the proxy in front (nginx: proxy_buffering off, or do not ignore x-accel-buffering; others: flush at once).'

/** Checks buffering with the gateway's own slow stream. */
export async function streams(target: Target): Promise<Finding[]> {
  const path = `/gateway/stream-test?events=${EVENTS}&interval=${INTERVAL_MS}&heartbeat=${HEARTBEAT_MS}`
  const head = await target.begin(path, { headers: { 'accept-encoding': 'gzip, deflate, br' } })
  const { statusCode: status = 0, headers } = head
  if (status !== 200) {
    head.destroy()
    const advice =
      status === 401 || status === 403
        ? 'Give a token with the admin scope in --token.'
        : 'Configure the proxy in front to pass /gateway/. An older gateway lacks this route.'
    return [warn('buffering', `not checked: /gateway/stream-test answers ${status}`, advice)]
  }
  const coding = headers['content-encoding'] ?? 'identity'
  if (coding === 'identity') {
    const pieces = await target.pieces(head)
    return [...timing(pieces), ok('compression', 'streams are not compressed')]
  }
  head.destroy()
  const plain = await target.begin(path, { headers: { 'accept-encoding': 'identity' } })
  const advice =
    'Exclude text/event-stream from compression in the proxy in front: compression delays events.'
  return [
    ...timing(await target.pieces(plain)),
    fail('compression', `a proxy compresses streams (${coding})`, advice),
  ]
}

function timing(pieces: readonly Piece[]): Finding[] {
  const delays = delaysIn(pieces)
  if (delays.length < EVENTS) {
    const advice = 'Raise the time limit of the proxy in front.'
    return [fail('buffering', `${delays.length} of ${EVENTS} events arrived`, advice)]
  }
  // The shared part of all delays is network latency and clock difference, so only the spread counts.
  const held = Math.max(...delays) - Math.min(...delays)
  if (held > INTERVAL_MS) {
    return [fail('buffering', `events are delayed by up to ${Math.round(held)} ms`, UNBUFFERED)]
  }
  const beats = pieces.filter(({ text }) => text.includes(': heartbeat')).length
  return [
    ok('buffering', `events arrive one by one, at most ${Math.round(held)} ms late`),
    beats >= EVENTS - 1
      ? ok('heartbeats', 'arrive')
      : fail('heartbeats', 'do not arrive', 'A proxy in front removes comments from streams.'),
  ]
}

/** Delay of each event between sending and arrival; includes the difference of the clocks. */
function delaysIn(pieces: readonly Piece[]): number[] {
  return pieces.flatMap(({ atMs, text }) =>
    [...text.matchAll(/"sent_at_ms":(\d+)/g)].map(([, sentAt]) => atMs - Number(sentAt)),
  )
}

/** Checks that a stream with heartbeats only stays open for the given time. */
export async function idle(target: Target, silenceMs: number): Promise<Finding> {
  const path = `/gateway/stream-test?events=2&interval=${silenceMs}`
  const advice =
    'A proxy in front ends silent streams: raise its limit (nginx: proxy_read_timeout), or lower heartbeat.'
  const message = await target.begin(path, { silenceMs: silenceMs + 15_000 })
  if (message.statusCode !== 200) {
    message.destroy()
    return warn(
      'idle',
      `not checked (${message.statusCode})`,
      'Give a token with the admin scope in --token.',
    )
  }
  const seconds = Math.round(silenceMs / 1000)
  try {
    const pieces = await target.pieces(message)
    const isWhole = delaysIn(pieces).length === 2
    return isWhole
      ? ok('idle', `a stream continues after ${seconds} s of silence`)
      : fail('idle', `a stream ends after ${seconds} s of silence`, advice)
  } catch (error) {
    return fail('idle', `a stream breaks after ${seconds} s of silence: ${reasonOf(error)}`, advice)
  }
}

/** Checks a whole run of an agent through gateway and upstream. */
export async function agentRun(target: Target, agent: string): Promise<Finding> {
  const askedAt = performance.now()
  const message = await target.begin(`/agents/${encodeURIComponent(agent)}/runs`, {
    method: 'POST',
    body: Buffer.from('message=Say+hello+in+two+sentences.&stream=true'),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    silenceMs: 120_000,
  })
  const pieces = await target.pieces(message)
  const text = pieces.map((piece) => piece.text).join('')
  const advice = "The gateway's log contains the request and its error code."
  if (message.statusCode !== 200 || !isEventStream(message)) {
    return fail('agent', `${agent} answers ${message.statusCode}: ${text.slice(0, 200)}`, advice)
  }
  const events = text.match(/^event: /gm)?.length ?? 0
  const end = /^event: (\w*(?:Error|Cancelled))$/m.exec(text)?.[1]
  if (end !== undefined) return fail('agent', `the run of ${agent} ended with ${end}`, advice)
  const first = pieces[0]?.atMs ?? 0
  const spreadMs = (pieces.at(-1)?.atMs ?? 0) - first
  const seconds = ((performance.now() - askedAt) / 1000).toFixed(1)
  return ok(
    'agent',
    `${agent}: ${events} events in ${seconds} s, the last ${spreadMs} ms after the first`,
  )
}

function isEventStream({ headers }: IncomingMessage): boolean {
  return headers['content-type']?.startsWith('text/event-stream') ?? false
}
