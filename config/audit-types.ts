/** Defines the section `audit` of the configuration. */

/** The audit log: docs/audit.md. */
export interface AuditConfig {
  /** File of a single process; workers put their number before its extension. Static. */
  readonly file: string
  /** Recorded requests beside refused ones. Default `runs`. */
  readonly include: 'runs' | 'writes' | 'all'
  /** Fate of a request that cannot be recorded. Default `reject`. */
  readonly onFailure: 'reject' | 'warn'
  /** Moments at which lines are flushed to the disk. Static. Default `everysec`. */
  readonly fsync: 'always' | 'everysec'
  /** Secret of the HMAC of each line; undefined for none. Static. */
  readonly key: string | undefined
}
