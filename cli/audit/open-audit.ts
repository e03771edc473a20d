/** Opens the audit log of this process and continues its chain. Loaded only with the section `audit`. */
import { randomBytes } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import { parse } from 'node:path'
import type { FastifyBaseLogger } from 'fastify'
import { ConfigError } from '../../config/config-error.ts'
import type { AuditConfig } from '../../config/types.ts'
import { GENESIS, hashOf } from '../../src/audit/chain.ts'
import type { AuditTrail } from '../../src/audit/trail.ts'
import { AuditFile } from './audit-file.ts'
import { endOf, rotatedEnd } from './file-end.ts'
import { lockFile } from './file-lock.ts'
import { fileAt, isDevice } from './open-file.ts'

/** The audit log of a process. */
export interface ProcessAudit {
  readonly trail: AuditTrail
  /** Opens the file again after log rotation. */
  reopen(): void
  /** Writes the last lines, and ends the chain of this process with `gateway_stopped`. */
  close(): Promise<void>
}

/** The process that writes the log. */
export interface AuditWriter {
  readonly logger: FastifyBaseLogger
  /** Number of the worker; undefined for a single process. Each worker has a file of its own. */
  readonly worker: number | undefined
}

/** @throws {ConfigError} for a file that cannot be opened, or that another process writes: exit code 78 */
export async function openAudit(config: AuditConfig, writer: AuditWriter): Promise<ProcessAudit> {
  const path = writer.worker === undefined ? config.file : numbered(config.file, writer.worker)
  const { logger } = writer
  const fail = (problem: string): never => {
    const message = `${path} ${problem}`
    throw new ConfigError('audit.file', [{ path: '', line: 0, column: 0, message }])
  }
  const opened = await openChain(path).catch((error: NodeJS.ErrnoException) =>
    fail(
      `cannot be opened (${error.code ?? error.message}): name a file in an existing directory that this user can write to`,
    ),
  )
  if (opened === undefined) return fail('is written by another process')
  const { file, head, chain, torn, opens, lock } = opened
  const audit = new AuditFile({
    path,
    file,
    head,
    chain,
    key: config.key,
    fsync: config.fsync,
    onFailure: ({ message }) =>
      logger.error({ file: path, reason: message }, 'cannot write the audit log'),
    onRecovery: (lostLines) =>
      logger.warn({ file: path, lostLines }, 'the audit log is written again'),
    onFile: (reason, { seq, hash }) =>
      logger[reason === 'rotated' ? 'info' : 'error'](
        { file: path, reason, seq, hash },
        'audit file opened',
      ),
  })
  const cut = torn && { bytes: torn.length, sha256: hashOf(torn) }
  if (cut) logger.warn({ file: path, ...cut }, 'a crash cut off the last line of the audit log')
  if (opens) audit.append({ event: 'file_opened', reason: opens, chain, ...cut }, 'other')
  else if (cut) audit.append({ event: 'line_torn', ...cut }, 'other')
  return {
    trail: audit,
    reopen: () => audit.reopen(),
    close: async () => {
      audit.append({ event: 'gateway_stopped' }, 'ended')
      const unwritten = await audit.close()
      const { seq, hash } = audit.head
      if (unwritten > 0) logger.error({ file: path, unwritten }, 'lines of the audit log are lost')
      // Kept apart from the file, the last hash shows whether its last lines were removed.
      else logger.info({ file: path, seq, hash }, 'audit log closed')
      lock.release()
    },
  }
}

const NO_LOCK = { release: () => {} }

/**
 * @returns undefined where another process writes the file
 * @throws Error of the system, and for a file that holds other text
 */
async function openChain(path: string) {
  const file = await fileAt(path)
  // The same file has one lock by all its names.
  const lock = isDevice(path) ? NO_LOCK : lockFile(await realpath(path))
  if (lock === undefined) {
    await file.close()
    return undefined
  }
  try {
    const own = await endOf(path)
    const before = own.head ? undefined : await rotatedEnd(path)
    // Whole lines, so that a later line never follows a cut-off one on the same line of text.
    if (own.lacksLineBreak) await file.write(Buffer.from('\n'))
    const { head = GENESIS, chain = randomBytes(8).toString('hex') } = before ?? own
    const torn = own.torn ?? before?.torn
    const opens = own.head ? undefined : before ? 'rotated' : 'new'
    return { file, head, chain, torn, opens, lock }
  } catch (error) {
    lock.release()
    await file.close()
    throw error
  }
}

/** `audit.jsonl` → `audit.2.jsonl` */
function numbered(file: string, worker: number): string {
  const { dir, name, ext } = parse(file)
  return `${dir === '' ? '' : `${dir}/`}${name}.${worker}${ext}`
}
