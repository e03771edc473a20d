/** Defines the request for a run, and its stored form, which holds no token. */
import type { ComposedComponent } from '../src/compose/composed-component.ts'
import type { StoredRun } from '../src/compose/store.ts'
import type { Caller } from './caller.ts'
import type { RunMedia } from './run-media.ts'

/** Request for a run. */
export interface RunRequest {
  readonly component: ComposedComponent
  /** Digest of the component's definition: a run is taken up by the definition that it began with, or not at all. */
  readonly version: string
  readonly input: string
  readonly runId: string | undefined
  readonly sessionId: string | undefined
  readonly userId: string | undefined
  readonly sessionState: Readonly<Record<string, unknown>> | undefined
  readonly additionalData: Readonly<Record<string, unknown>> | undefined
  readonly media: RunMedia
  readonly isStream: boolean
  readonly isBackground: boolean
  readonly caller: Caller
}

/** The part of a request that is stored beside the run's own columns. */
export interface KeptRequest {
  readonly version?: string
  readonly sessionState?: Readonly<Record<string, unknown>> | undefined
  readonly additionalData?: Readonly<Record<string, unknown>> | undefined
  readonly media?: RunMedia
  readonly isStream?: boolean
  readonly headers?: Readonly<Record<string, string>>
  /** The caller sent a token, which is not stored. */
  readonly hadToken?: boolean
  /** Claims of the caller's token; undefined where it was none with claims. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
  /** Name of the caller's API key; undefined without one. */
  readonly key?: string | undefined
}

/** The stored form. */
export function keptRequest(request: RunRequest): Readonly<Record<string, unknown>> {
  const { version, sessionState, additionalData, media, isStream, caller } = request
  const own = { version, sessionState, additionalData, media, isStream } satisfies KeptRequest
  return { ...own, ...keptCaller(caller) }
}

/** The part of a caller that is stored. */
export function keptCaller({ headers, authToken, claims, key }: Caller): KeptRequest {
  return { headers, hadToken: authToken !== undefined, claims, key }
}

/** Reads the stored form. */
export function requestOf({ request }: StoredRun): KeptRequest {
  return request as KeptRequest
}
