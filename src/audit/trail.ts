/** Defines the audit log as its writers see it. The file behind it is opened by `cli/audit/audit-file.ts`. */
import type { AuditMembers } from './chain.ts'

/**
 * `sent`: written before a request is sent. `ended`: the end of a request with a line `sent`. `other`: every other line, the
 * first to be lost when the file is slower than the requests.
 */
export type LineKind = 'sent' | 'ended' | 'other'

/** A line that will be written. */
export interface AppendedLine {
  /** Its sequence number. */
  readonly seq: number
  /** Resolves when the line is in the file. Rejects when writing fails; the line is then written later. */
  readonly written: Promise<void>
}

/** Counts since the start of the process. */
export interface TrailCounts {
  /** Lines in the file. */
  readonly lines: number
  /** Failed writes, openings and flushes of the file. */
  readonly failures: number
  /** Lines that were never written, and requests that were refused for it. */
  readonly lost: number
  /** Bytes of lines that wait for the file. */
  readonly waitingBytes: number
}

/** An audit log. */
export interface AuditTrail {
  readonly counts: TrailCounts
  /** The file cannot be written at present. */
  readonly isFailing: boolean
  /**
   * Adds a line.
   *
   * @param mustBeWritten the caller waits for `written`, and no line is added while the file cannot be written. Default
   *   false
   * @returns undefined for a line that is lost: counted, and reported by a later line `lines_lost`
   */
  append(members: AuditMembers, kind: LineKind, mustBeWritten?: boolean): AppendedLine | undefined
}
