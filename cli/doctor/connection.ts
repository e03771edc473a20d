/** Checks that the server answers, that it is this gateway, and that its TLS is sound. */
import { isIP } from 'node:net'
import { connect } from 'node:tls'
import { VERSION } from '../../src/version.ts'
import type { Finding } from './finding.ts'
import { fail, ok, warn } from './finding.ts'
import type { Answer, Target } from './target.ts'
import { reasonOf } from './target.ts'

const DAY_MS = 86_400_000
const SOON_DAYS = 14
const NOT_TRUSTED = /^(?:CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_TLS_CERT|CRL_|HOSTNAME_)/

/** @returns an undefined answer when further checks cannot run */
export async function connection(
  target: Target,
): Promise<{ readonly findings: Finding[]; readonly health: Answer | undefined }> {
  const findings: Finding[] = []
  const health = await reach(target, findings)
  if (health === undefined) return { findings, health }
  findings.push(...(await certificate(target)), httpVersion(health, await offersHttp2(target)))
  return { findings, health }
}

async function reach(target: Target, findings: Finding[]): Promise<Answer | undefined> {
  try {
    const health = await target.ask('/health', { isAnonymous: true })
    if (health.status === 200) {
      const tookMs = health.answeredAtMs - health.askedAtMs
      findings.push(ok('reachable', `/health answers in ${tookMs} ms`))
      return health
    }
    const advice =
      'Check the address, including the path prefix of the gateway, and that the gateway runs behind the proxy.'
    findings.push(fail('reachable', `/health answers ${health.status}`, advice))
    return undefined
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (target.isTrusted && NOT_TRUSTED.test(code)) {
      const advice =
        'Renew the certificate, or name your own authority in NODE_EXTRA_CA_CERTS. The checks continue without verification and without the token.'
      findings.push(
        fail('certificate', `the certificate is not trusted: ${reasonOf(error)}`, advice),
      )
      target.isTrusted = false
      return reach(target, findings)
    }
    const advice = 'Check that it runs, the address, and the firewall.'
    findings.push(fail('reachable', reasonOf(error), advice))
    return undefined
  }
}

async function certificate(target: Target): Promise<Finding[]> {
  if (target.url.protocol !== 'https:') {
    if (target.isLocal) return []
    const advice =
      'Put a TLS proxy in front, or set listen.tls: without TLS, tokens can be read on the network.'
    return [warn('certificate', 'the connection is not encrypted', advice)]
  }
  const tls = await target.tls()
  const { valid_to: until } = tls?.getPeerCertificate() ?? {}
  const protocol = tls?.getProtocol() ?? 'TLS'
  const days = Math.floor((Date.parse(until ?? '') - Date.now()) / DAY_MS)
  const message = `${protocol}, the certificate is valid for ${days} more days`
  if (days < 0) {
    return [fail('certificate', `the certificate expired on ${until}`, 'Renew it.')]
  }
  const advice = 'Renew it; listen.tls applies renewed files without a restart.'
  return [days < SOON_DAYS ? warn('certificate', message, advice) : ok('certificate', message)]
}

/** Whether the server that terminates TLS offers HTTP/2 to browsers. */
async function offersHttp2({ url, isTrusted }: Target): Promise<boolean> {
  if (url.protocol !== 'https:') return false
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const socket = connect({
    host,
    port: Number(url.port) || 443,
    // RFC 6066 §3 allows only names here, and Node 26 refuses an address.
    ...(isIP(host) === 0 && { servername: host }),
    ALPNProtocols: ['h2', 'http/1.1'],
    rejectUnauthorized: isTrusted,
    timeout: 10_000,
  })
  socket
    .on('secureConnect', () => resolve(socket.alpnProtocol === 'h2'))
    .on('error', () => resolve(false))
    .on('timeout', () => resolve(false))
  const isOffered = await promise
  socket.destroy()
  return isOffered
}

function httpVersion({ httpVersion: version }: Answer, isHttp2Offered: boolean): Finding {
  if (version !== '1.1') {
    const advice = 'Configure the proxy in front for HTTP/1.1 or later: streams need it.'
    return fail('http', `answers in HTTP/${version}`, advice)
  }
  return isHttp2Offered
    ? ok('http', 'HTTP/1.1, and HTTP/2 for browsers')
    : ok('http', 'HTTP/1.1 only: a browser opens at most six streams at a time')
}

/** Checks that the server is an AgentOS Gateway. @returns its id, if the answer contains one */
export async function gateway(
  target: Target,
): Promise<{ readonly finding: Finding; readonly id: string | undefined }> {
  const { id, version } = jsonIn(await target.ask('/', { isAnonymous: true }))
  if (typeof id !== 'string' || typeof version !== 'string') {
    const advice = 'Check the address and its path: another server answers there.'
    return {
      finding: fail('gateway', 'the server is not an AgentOS Gateway', advice),
      id: undefined,
    }
  }
  const message = `'${id}', version ${version}`
  const advice = `This command has version ${VERSION}: use the version of the gateway.`
  const isSame = version === VERSION
  return { finding: isSame ? ok('gateway', message) : warn('gateway', message, advice), id }
}

/** Parses the JSON object of an answer; an empty object for anything else. */
export function jsonIn({ text }: Answer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
