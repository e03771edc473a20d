/** Checks the caller: clock, token and audience. */

import { jsonIn } from './connection.ts'
import type { Finding } from './finding.ts'
import { fail, ok, warn } from './finding.ts'
import type { Answer, Target } from './target.ts'

/** Difference of clocks that counts as none, in seconds: `Date` has whole seconds. */
const FINE_S = 3
/** Clock tolerance of AgentOS and of the gateway, in seconds. */
const TOLERATED_S = 10

/** Compares the local clock with the gateway's. */
export function clock({ headers, askedAtMs, answeredAtMs }: Answer): Finding {
  const serverDate = Date.parse(headers.date ?? '')
  if (Number.isNaN(serverDate)) {
    return warn('clock', 'answers have no Date header', 'Configure the proxy in front to pass it.')
  }
  const hereMs = (askedAtMs + answeredAtMs) / 2
  const apart = (serverDate + 500 - hereMs) / 1000
  const seconds = Math.abs(apart)
  if (seconds <= FINE_S) return ok('clock', 'within 3 s of this machine')
  const message = `${Math.round(seconds)} s ${apart > 0 ? 'ahead of' : 'behind'} this machine`
  const advice =
    'Synchronise the clocks (NTP). With this difference, tokens count as expired or as not yet valid.'
  return seconds > TOLERATED_S ? fail('clock', message, advice) : warn('clock', message, advice)
}

/** Checks whether the gateway accepts the token. @param id of the gateway */
export async function caller(target: Target, id: string | undefined): Promise<Finding[]> {
  if (target.token === undefined || !target.isTrusted) return [await anonymous(target)]
  const answer = await target.ask('/config')
  const detail = String(jsonIn(answer)['detail'] ?? '')
  const claims = claimsIn(target.token)
  const findings: Finding[] = []
  if (claims !== undefined) findings.push(...times(claims), audience(claims, id, answer, detail))
  findings.push(accepted(answer, detail))
  return findings
}

async function anonymous(target: Target): Promise<Finding> {
  const { status } = await target.ask('/config', { isAnonymous: true })
  if (status !== 200) {
    const advice = 'Give a token with --token: the checks of streams and upstreams need one.'
    return warn('token', `the gateway requires a token (${status})`, advice)
  }
  if (target.isLocal) return ok('token', 'the gateway requires none, on this machine')
  const advice = 'Set auth.mode: jwt, unless a proxy in front authenticates callers.'
  return warn(
    'token',
    'the gateway requires none: anyone who can reach it can run every component',
    advice,
  )
}

function accepted({ status }: Answer, detail: string): Finding {
  if (status === 200) return ok('token', 'accepted')
  if (status === 403) {
    return warn(
      'token',
      `accepted, but /config needs another scope: ${detail}`,
      'Add the scope to the token.',
    )
  }
  const advice =
    "Sign it with a key of auth and for this gateway. The gateway's log contains the request."
  return fail('token', `refused (${status}): ${detail}`, advice)
}

interface Claims {
  readonly aud?: unknown
  readonly exp?: unknown
  readonly nbf?: unknown
  readonly iat?: unknown
}

/** Reads the claims of a JSON Web Token; an opaque token has none. */
function claimsIn(token: string): Claims | undefined {
  const [, payload, signature] = token.split('.')
  if (payload === undefined || signature === undefined) return undefined
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Claims
  } catch {
    return undefined
  }
}

function times({ exp, nbf, iat }: Claims): Finding[] {
  const now = Date.now() / 1000
  if (typeof exp === 'number' && exp < now) {
    const minutes = Math.ceil((now - exp) / 60)
    return [fail('expiry', `the token expired ${minutes} min ago`, 'Request a new one.')]
  }
  const start = Math.max(...[nbf, iat].filter((time) => typeof time === 'number'))
  if (start > now + 1) {
    const message = `the token becomes valid in ${Math.ceil(start - now)} s, by the clock of this machine`
    return [
      warn('expiry', message, "Synchronise the clocks (NTP) of this machine and the issuer's."),
    ]
  }
  if (typeof exp !== 'number') {
    return [warn('expiry', 'the token never expires', 'Configure the issuer to set exp.')]
  }
  return [ok('expiry', `the token is valid for ${Math.floor((exp - now) / 60)} more minutes`)]
}

function audience(claims: Claims, id: string | undefined, answer: Answer, detail: string): Finding {
  const named = [claims.aud].flat().filter((name) => typeof name === 'string')
  const is =
    named.length === 0 ? 'the token has no audience' : `the token is for ${named.join(', ')}`
  if (id !== undefined && named.includes(id)) return ok('audience', `${is}, which is this gateway`)
  const isRefused = answer.status === 401 && /audience|"aud"/i.test(detail)
  if (isRefused) {
    const advice = `Configure the issuer to put '${id}' into aud, or list the audience in auth.audience.`
    return fail('audience', `${is}, and the gateway (${id}) refuses it: ${detail}`, advice)
  }
  return ok('audience', `${is}; the gateway (${id}) does not check the audience`)
}
