/** The hash chain of an audit log: builds lines, each with the SHA-256 of the line before, and checks them. */
import { createHmac, hash } from 'node:crypto'

/** The last line of a chain. */
export interface ChainHead {
  /** Sequence number; 0 before the first line. */
  readonly seq: number
  /** SHA-256 of the line without its line break, in hexadecimal. */
  readonly hash: string
}

/** The head of a chain without lines. */
export const GENESIS: ChainHead = { seq: 0, hash: '0'.repeat(64) }

/** Members of a line beside `seq`, `time`, `prev` and `mac`. An undefined member is left out. */
export interface AuditMembers {
  readonly event: string
  readonly [member: string]: unknown
}

/** A parsed line. */
export interface AuditLine {
  readonly seq: number
  readonly time: string
  readonly prev: string
  readonly event: string
  readonly mac?: string
  readonly [member: string]: unknown
}

const MAC_START = ',"mac":"'
/** Length of `,"mac":"…"}` at the end of a line. */
const MAC_LENGTH = MAC_START.length + 64 + '"}'.length

/** Builds the lines of one chain in order. */
export class Chain {
  readonly #key: string | undefined
  #head: ChainHead

  /** @param key adds `mac`, the HMAC-SHA-256 of the line without it, to each line */
  constructor(head: ChainHead, key?: string) {
    this.#head = head
    this.#key = key
  }

  get head(): ChainHead {
    return this.#head
  }

  /** Builds the next line, without a line break. @param timeMs milliseconds since 1970 */
  next(members: AuditMembers, timeMs: number): string {
    const seq = this.#head.seq + 1
    const time = new Date(timeMs).toISOString()
    const text = JSON.stringify({ seq, time, prev: this.#head.hash, ...members })
    const line = this.#key === undefined ? text : withMac(text, this.#key)
    this.#head = { seq, hash: hashOf(line) }
    return line
  }
}

/** SHA-256 of a line without its line break, in hexadecimal. */
export function hashOf(line: string | Buffer): string {
  return hash('sha256', line)
}

function macOf(text: string, key: string): string {
  return createHmac('sha256', key).update(text).digest('hex')
}

function withMac(text: string, key: string): string {
  return `${text.slice(0, -1)}${MAC_START}${macOf(text, key)}"}`
}

/** Parses a line. @returns undefined for text that is no line of an audit log */
export function parseLine(line: Buffer): AuditLine | undefined {
  try {
    const value: unknown = JSON.parse(line.toString('utf8'))
    if (typeof value !== 'object' || value === null) return undefined
    const { seq, time, prev, event } = value as Partial<AuditLine>
    const isLine =
      Number.isSafeInteger(seq) && [time, prev, event].every((each) => typeof each === 'string')
    return isLine ? (value as AuditLine) : undefined
  } catch {
    return undefined
  }
}

/** Why a line does not follow the line before it; undefined for one that does. */
export function linkFault({ seq, prev }: AuditLine, head: ChainHead): string | undefined {
  if (prev !== head.hash) return `prev is not the SHA-256 of line ${head.seq} of the chain`
  return seq === head.seq + 1 ? undefined : `seq is ${seq}, expected ${head.seq + 1}`
}

/** Why the `mac` of a line does not prove it; undefined for one that does. */
export function macFault(line: Buffer, key: string): string | undefined {
  const text = line.toString('utf8')
  if (!text.startsWith(MAC_START, text.length - MAC_LENGTH)) return 'it has no mac'
  const isOwn = withMac(`${text.slice(0, -MAC_LENGTH)}}`, key) === text
  return isOwn ? undefined : 'mac does not match the line and the key'
}
