/** Defines the `audit` section of the configuration file. */
import { oneOf, optional, section, text, withDefault } from './fields.ts'
import type { AuditConfig } from './types.ts'

const INCLUDE = ['runs', 'writes', 'all'] as const satisfies readonly AuditConfig['include'][]
const ON_FAILURE = ['reject', 'warn'] as const satisfies readonly AuditConfig['onFailure'][]
const FSYNC = ['always', 'everysec'] as const satisfies readonly AuditConfig['fsync'][]

/** The audit log: docs/audit.md. */
export const audit = section({
  file: text('a file').describe(
    'Audit log, relative to the working directory; its directory must exist. Each of several workers writes a file of its own, such as `audit.2.jsonl`. Reopened on SIGHUP and SIGUSR2. Needs a restart.',
  ),
  include: withDefault(oneOf(INCLUDE), 'runs').describe(
    '`runs`: runs, requests that cause runs, approvals, and changes of the gateway. `writes`: also every other request that changes something. `all`: also reads. Refused requests are always recorded.',
  ),
  on_failure: withDefault(oneOf(ON_FAILURE), 'reject').describe(
    '`reject` answers 503 to a request that cannot be recorded, before it is sent. `warn` sends it, and counts the lines that are lost.',
  ),
  fsync: withDefault(oneOf(FSYNC), 'everysec').describe(
    '`everysec` flushes the file to the disk every second; a power cut can lose that second. `always` flushes before each run is sent. Needs a restart.',
  ),
  key: optional(text('a secret (in quotes when it looks like a number)')).describe(
    'Adds `mac`, an HMAC-SHA-256 with this secret, to each line, so that nobody without it can write a valid log. Write `"${NAME}"` to keep the secret out of the file. Needs a restart.',
  ),
  key_file: optional(text('a file')).describe(
    'File with the secret of `key`; relative to the configuration file. A final line break is removed.',
  ),
})
