/** Reads audit logs in tests. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { AuditLine } from '../../src/audit/chain.ts'
import { temporaryDirectory } from './certificates.ts'

/** Path of an audit log that is removed when the test ends. */
export function auditPath(): string {
  return join(temporaryDirectory(), 'audit.jsonl')
}

/** All whole lines of a file. */
export function auditLines(file: string): AuditLine[] {
  const texts = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  return texts.map((text) => JSON.parse(text) as AuditLine)
}

/** Waits for a line of an event. @param count returns the line with this number, from 1 */
export async function auditLine(file: string, event: string, count = 1): Promise<AuditLine> {
  const found = () => auditLines(file).filter((line) => line.event === event)
  await expect.poll(() => found().length).toBeGreaterThanOrEqual(count)
  return found()[count - 1] as AuditLine
}
