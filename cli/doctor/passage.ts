/** Checks that proxies in front of the gateway pass request ids, CORS, large bodies and WebSockets. */
import { randomUUID } from 'node:crypto'
import type { Finding } from './finding.ts'
import { fail, ok, warn } from './finding.ts'
import type { Answer, Target } from './target.ts'
import { reasonOf } from './target.ts'

/** Size of the test body in bytes; larger than the default limits of proxies. */
const UPLOAD_BYTES = 4 * 1024 * 1024
/** Path of an agent that does not exist, so that no run starts. */
const NOBODY = '/agents/agentos-gateway-doctor/runs'
/** The control plane of Agno. */
const DEFAULT_ORIGIN = 'https://os.agno.com'

/** Checks that a request id reaches the gateway and comes back. */
export async function requestId(target: Target): Promise<Finding> {
  const id = `doctor-${randomUUID()}`
  const { headers } = await target.ask('/health', {
    isAnonymous: true,
    headers: { 'x-request-id': id },
  })
  const back = headers['x-request-id']
  if (back === id) return ok('request id', 'comes back unchanged')
  const advice =
    'Configure the proxy in front to pass x-request-id in both directions: it identifies a request in the log.'
  return warn(
    'request id',
    back === undefined ? 'does not come back' : 'comes back changed',
    advice,
  )
}

/** Checks that a page of this origin may call. @param wanted the origin; default that of Agno's control plane */
export async function cors(target: Target, wanted: string | undefined): Promise<Finding> {
  const origin = wanted ?? DEFAULT_ORIGIN
  const preflight = await target.ask('/agents', {
    method: 'OPTIONS',
    isAnonymous: true,
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    },
  })
  const plain = await target.ask('/health', { isAnonymous: true, headers: { origin } })
  const allowed = [preflight, plain].map((answer) => allOf(answer, 'access-control-allow-origin'))
  if (allowed.some((values) => values.length > 1 || values[0]?.includes(','))) {
    const advice =
      'Let only one of gateway and proxy set CORS headers: browsers refuse repeated ones.'
    return fail('cors', `the answer has two allowed origins: ${allowed.flat().join(', ')}`, advice)
  }
  const isAllowed = allowed.every(([value]) => value === origin || value === '*')
  const mayAuthorize = /(?:^|[\s,])(?:authorization|\*)(?:[\s,]|$)/i.test(
    String(preflight.headers['access-control-allow-headers'] ?? ''),
  )
  if (isAllowed && mayAuthorize && preflight.status < 300) {
    return ok('cors', `pages of ${origin} may call`)
  }
  const message = `pages of ${origin} may not call (preflight: ${preflight.status})`
  const advice = 'Add the origin to cors.origins, and configure the proxy in front to pass OPTIONS.'
  return wanted === undefined ? warn('cors', message, advice) : fail('cors', message, advice)
}

/** All values of a header, including repeated headers. */
function allOf({ rawHeaders }: Answer, name: string): string[] {
  return rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name)
}

/** Checks that a large body reaches the gateway. */
export async function upload(target: Target): Promise<Finding> {
  const megabytes = UPLOAD_BYTES / 1024 / 1024
  const advice = `Raise the body limit of the proxy in front (nginx: client_max_body_size): runs and knowledge upload files.`
  const send = (body: Buffer) =>
    target.ask(NOBODY, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
  try {
    const small = await send(Buffer.from('message='))
    if (small.status === 401 || small.status === 403) {
      // A gateway that refuses the head does not read the body, so the check proves nothing about proxies.
      const message = `not checked: a run is answered ${small.status}`
      return warn('upload', message, 'Give a token with agents:run in --token.')
    }
    const { status, headers } = await send(Buffer.alloc(UPLOAD_BYTES, 'message='))
    // The gateway itself must refuse it, because no upstream has this agent.
    if (headers['x-agentos-gateway-error'] !== undefined && status !== 413) {
      return ok('upload', `${megabytes} MiB arrive`)
    }
    const who = headers['x-agentos-gateway-error'] === undefined ? 'before the gateway' : 'by it'
    return warn('upload', `${megabytes} MiB are refused ${who} (${status})`, advice)
  } catch (error) {
    return warn('upload', `${megabytes} MiB do not arrive: ${reasonOf(error)}`, advice)
  }
}

/** Checks that a WebSocket can be opened. */
export async function webSocket(target: Target): Promise<Finding> {
  const advice =
    'Configure the proxy in front to pass upgrades (nginx: proxy_http_version 1.1, Upgrade and Connection headers): workflow WebSockets need them.'
  try {
    const status = await target.upgrade('/workflows/ws')
    if (status === 101) return ok('websocket', 'opens')
    return warn('websocket', `is answered ${status}`, advice)
  } catch (error) {
    return warn('websocket', reasonOf(error), advice)
  }
}
