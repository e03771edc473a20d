/**
 * Encodes a session and a run for ids of the OpenAI face.
 *
 * Clients send these ids back, and some replace a tool call's id of more than 40 characters, as OpenAI refuses it. So a
 * session that the gateway names is determined by its first half, and the ids contain only that half.
 */
import { hash, randomBytes } from 'node:crypto'
import { decodeToken, encodeToken } from '../token.ts'
import { bytesOfUuid, uuidFrom, uuidOf } from '../uuid.ts'

const SEED_BYTES = 8
const RUN_BYTES = 16
/** Positions of the bytes with the versions of both UUIDs. */
const [SESSION_VERSION, RUN_VERSION] = [6, SEED_BYTES + 6] as const

/** A run and its session. */
export interface RunIds {
  readonly runId: string
  readonly sessionId: string
}

/** The content of a token. */
export interface RunToken extends RunIds {
  /** The bytes of a packed token, or the text of a long one. */
  readonly detail: Buffer | string
}

/** A random session id with 60 random bits, in the form of a UUID. */
export function newSessionId(): string {
  return sessionFrom(randomBytes(SEED_BYTES))
}

/**
 * Packs the ids when the gateway has named the session and the run's id is a random UUID. Otherwise the token is a long
 * one. The versions of both UUIDs are known, so their bits carry the first byte of `detail`.
 *
 * @param detail distinguishes the ids of one run; its length is fixed for each kind of id
 * @param longDetail takes the place of `detail` in a long token
 */
export function runToken({ runId, sessionId }: RunIds, detail: Buffer, longDetail: string): string {
  const seed = bytesOfUuid(sessionId)?.subarray(0, SEED_BYTES)
  const run = bytesOfUuid(runId)
  const isOwn = seed !== undefined && sessionFrom(seed) === sessionId
  if (!isOwn || run === undefined || run.readUInt8(6) >> 4 !== 4) {
    return longRunToken({ runId, sessionId }, longDetail)
  }
  const bytes = Buffer.concat([seed, run, detail.subarray(1)])
  const first = detail.readUInt8(0)
  bytes[SESSION_VERSION] = (seed.readUInt8(6) & 0x0f) | (first & 0xf0)
  bytes[RUN_VERSION] = (run.readUInt8(6) & 0x0f) | ((first & 0x0f) << 4)
  return bytes.toString('base64url')
}

/** A token for ids of any form. */
export function longRunToken({ runId, sessionId }: RunIds, detail: string): string {
  return encodeToken([runId, sessionId, detail])
}

/**
 * Reads a token. Does not check the caller's rights to the run.
 *
 * @param detailBytes length of `detail`
 * @returns undefined for any other text
 */
export function runTokenIn(token: string, detailBytes: number): RunToken | undefined {
  const long = decodeToken(token, 3)
  if (long !== undefined) {
    const [runId = '', sessionId = '', detail = ''] = long
    return { runId, sessionId, detail }
  }
  const bytes = Buffer.from(token, 'base64url')
  const start = SEED_BYTES + RUN_BYTES
  const isWhole = bytes.length === start + detailBytes - 1
  if (!isWhole || bytes.toString('base64url') !== token) return undefined
  const seed = bytes.subarray(0, SEED_BYTES)
  const run = Buffer.from(bytes.subarray(SEED_BYTES, start))
  const first = (bytes.readUInt8(SESSION_VERSION) & 0xf0) | (bytes.readUInt8(RUN_VERSION) >> 4)
  run[6] = (run.readUInt8(6) & 0x0f) | 0x40
  const detail = Buffer.concat([Buffer.of(first), bytes.subarray(start)])
  return { runId: uuidFrom(run), sessionId: sessionFrom(seed), detail }
}

/** The session with these first bytes, apart from the bits of the version. */
function sessionFrom(bytes: Buffer): string {
  const seed = Buffer.from(bytes)
  seed[6] = (seed.readUInt8(6) & 0x0f) | 0x80
  return uuidOf(seed.toString('hex') + hash('sha256', seed))
}
