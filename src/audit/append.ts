/** Adds lines that must be in the file before their request is sent. */
import { GatewayError } from '../errors.ts'
import type { AuditMembers } from './chain.ts'
import type { AppendedLine, AuditTrail } from './trail.ts'

/**
 * @param mustBeWritten see {@link AuditTrail.append}
 * @returns undefined for a lost line
 * @throws {GatewayError} `AGW_AUDIT_UNAVAILABLE` for a line that must be written and is lost
 */
export function appendSent(
  trail: AuditTrail,
  members: AuditMembers,
  mustBeWritten: boolean,
): AppendedLine | undefined {
  const line = trail.append(members, 'sent', mustBeWritten)
  if (line === undefined && mustBeWritten) throw unavailable()
  return line
}

/** @throws {GatewayError} `AGW_AUDIT_UNAVAILABLE` */
export async function untilWritten(line: AppendedLine | undefined): Promise<void> {
  try {
    await line?.written
  } catch (cause) {
    throw unavailable(cause)
  }
}

export function unavailable(cause?: unknown): GatewayError {
  return new GatewayError('AGW_AUDIT_UNAVAILABLE', { cause })
}
