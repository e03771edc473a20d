/** Describes the caller of a request for the audit log. Never contains a token. */
import type { Caller } from '../auth/caller.ts'
import { boundedText } from '../limits/bounded-text.ts'

/** Longest value of a claim, in UTF-16 code units. */
const MOST_TEXT = 128
/** Most actors of a delegation chain. */
const MOST_ACTORS = 4

/** The caller in a line. */
export interface Who {
  readonly caller: Caller['kind'] | 'unknown'
  /** `sub` of the verified token, or the user of the API key. */
  readonly user?: string
  /** Name of the caller's API key. */
  readonly key?: string
  /** Issuer of the token. */
  readonly iss?: string
  /** Id of the token. */
  readonly jti?: string
  /** The actor for the user (RFC 8693 §4.1): the current actor, and the ones before it inside. */
  readonly act?: Actor
  /** The composer continues a run of this caller without the caller's token. */
  readonly continued?: true
  /** Address of the caller. */
  readonly client: string
}

interface Actor {
  readonly sub?: string
  readonly iss?: string
  readonly act?: Actor
}

/** @param caller undefined for a request that was refused before it was authenticated */
export function whoIs(caller: Caller | undefined, client: string): Who {
  if (caller === undefined) return { caller: 'unknown', client }
  const { kind, subject, isContinued } = caller
  const claims = kind === 'verified' ? caller.claims : null
  const actor = actorIn(claims?.['act'], MOST_ACTORS)
  return {
    caller: kind,
    ...(subject !== undefined && { user: subject }),
    ...textMember('key', caller.key),
    ...textMember('iss', claims?.['iss']),
    ...textMember('jti', claims?.['jti']),
    ...(actor && { act: actor }),
    ...(isContinued && { continued: true }),
    client,
  }
}

function actorIn(claim: unknown, most: number): Actor | undefined {
  if (typeof claim !== 'object' || claim === null || most === 0) return undefined
  const { sub, iss, act } = claim as Readonly<Record<string, unknown>>
  const before = actorIn(act, most - 1)
  return {
    ...textMember('sub', sub),
    ...textMember('iss', iss),
    ...(before && { act: before }),
  }
}

function textMember<Name extends string>(name: Name, value: unknown) {
  if (typeof value !== 'string' || value === '') return {}
  return { [name]: boundedText(value, MOST_TEXT) } as { readonly [Key in Name]: string }
}
