import { openSync, readFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { AuditFile } from '../../../cli/audit/audit-file.ts'
import { OpenFile } from '../../../cli/audit/open-file.ts'
import { verifyFiles } from '../../../cli/audit/verify.ts'
import type { AuditMembers } from '../../../src/audit/chain.ts'
import { GENESIS } from '../../../src/audit/chain.ts'
import { auditLines, auditPath } from '../../support/audit.ts'

const MEBIBYTE = 1024 * 1024

/** A file whose disk the test controls. */
class ControlledFile extends OpenFile {
  /** Called before each write. @returns most bytes that it takes */
  beforeWrite: () => Promise<number> = async () => Number.POSITIVE_INFINITY

  override async write(bytes: Buffer): Promise<number> {
    const most = await this.beforeWrite()
    return super.write(bytes.subarray(0, most))
  }
}

function auditFile(stalledMs?: number) {
  const path = auditPath()
  const file = new ControlledFile(openSync(path, 'a'), { dev: 0, ino: 0, size: 0 })
  // The test renames and deletes nothing.
  file.changeAt = async () => undefined
  const failures: string[] = []
  const audit = new AuditFile({
    path,
    file,
    head: GENESIS,
    chain: 'c1',
    key: undefined,
    fsync: 'always',
    ...(stalledMs !== undefined && { stalledMs }),
    onFailure: ({ message }) => failures.push(message),
    onRecovery: () => {},
    onFile: () => {},
  })
  onTestFinished(async () => {
    await audit.close()
  })
  audit.append({ event: 'file_opened', reason: 'new', chain: 'c1' }, 'other')
  return { path, file, audit, failures }
}

/** A line of about 1 KiB. */
const LINE: AuditMembers = { event: 'x', text: 'y'.repeat(900) }

test('a slow disk limits the lines that wait, by their kind', async () => {
  const { path, file, audit } = auditFile()
  const disk = Promise.withResolvers<void>()
  file.beforeWrite = async () => {
    await disk.promise
    return Number.POSITIVE_INFINITY
  }
  const waitingOf = (kind: 'other' | 'sent' | 'ended') => {
    while (audit.append(LINE, kind)) if (audit.counts.waitingBytes > 20 * MEBIBYTE) break
    return audit.counts.waitingBytes / MEBIBYTE
  }
  expect(waitingOf('other')).toBeCloseTo(2, 1)
  expect(waitingOf('sent')).toBeCloseTo(4, 1)
  expect(waitingOf('ended')).toBeCloseTo(16, 1)
  expect(audit.counts.lost).toBe(3)
  disk.resolve()
  await expect.poll(() => audit.counts.waitingBytes).toBe(0)
  expect(auditLines(path).at(-1)).toMatchObject({ event: 'lines_lost', lost: 3 })
  expect(await verifyFiles([path], undefined)).toMatchObject([{ lost: 3 }])
})

test('a write that takes a part of the bytes is continued', async () => {
  const { path, file, audit } = auditFile()
  file.beforeWrite = async () => 100
  await audit.append(LINE, 'sent', true)?.written
  expect(await verifyFiles([path], undefined)).toMatchObject([{ lines: 2, isUnfinished: false }])
})

test('a failed write rejects its waiters and is repeated until it succeeds', async () => {
  const { path, file, audit, failures } = auditFile()
  let isFull = true
  file.beforeWrite = async () => {
    if (isFull) throw new Error('no space')
    return 10
  }
  const line = audit.append(LINE, 'sent', true)
  await expect(line?.written).rejects.toThrow('no space')
  expect(audit.isFailing).toBe(true)
  expect(audit.append(LINE, 'sent', true)).toBeUndefined()
  isFull = false
  await expect.poll(() => audit.isFailing).toBe(false)
  await audit.append(LINE, 'sent', true)?.written
  expect(failures).toEqual(['no space'])
  expect(auditLines(path).map(({ event }) => event)).toEqual([
    'file_opened',
    'x',
    'lines_lost',
    'x',
  ])
})

test('no request waits for a disk that does not answer', async () => {
  const { path, file, audit, failures } = auditFile(500)
  const disk = Promise.withResolvers<number>()
  file.beforeWrite = () => disk.promise
  const line = audit.append(LINE, 'sent', true)
  await expect(line?.written).rejects.toThrow('a write takes more than 0.5 s')
  expect(audit.append(LINE, 'sent', true)).toBeUndefined()
  disk.resolve(Number.POSITIVE_INFINITY)
  await expect.poll(() => audit.isFailing).toBe(false)
  await audit.append(LINE, 'sent', true)?.written
  expect(failures).toHaveLength(1)
  expect(auditLines(path).map(({ event }) => event)).toEqual([
    'file_opened',
    'x',
    'lines_lost',
    'x',
  ])
})

test('a failed flush of the disk is recorded, and a later write ends it', async () => {
  const { path, file, audit, failures } = auditFile()
  await audit.append(LINE, 'sent', true)?.written
  const flush = file.flush.bind(file)
  file.flush = async () => {
    file.flush = flush
    throw Object.assign(new Error('io'), { code: 'EIO' })
  }
  await expect.poll(() => failures).toEqual(['io'])
  await expect.poll(() => audit.isFailing).toBe(false)
  expect(readFileSync(path, 'utf8')).toContain('"event":"flush_failed","reason":"EIO"')
})

test('lines that cannot be written at the end are counted', { timeout: 20_000 }, async () => {
  const { file, audit } = auditFile()
  file.beforeWrite = () => Promise.reject(new Error('no space'))
  audit.append(LINE, 'other')
  expect(await audit.close()).toBe(2)
  expect(audit.append(LINE, 'other')).toBeUndefined()
})
