/** Resolves the `audit` section of the file: reads its key. */
import type { ParseIssue } from './explain.ts'
import type { ReadText } from './jwt-keys.ts'
import type { FileConfig } from './schema.ts'
import type { AuditConfig } from './types.ts'

/** Shortest key, in characters: 16 random bytes in hexadecimal. */
const LEAST_KEY = 32

/**
 * @param read reads the key file
 * @param issues collects the errors
 */
export function resolveAudit(
  { audit }: FileConfig,
  read: ReadText,
  issues: ParseIssue[],
): AuditConfig | undefined {
  if (audit === undefined) return undefined
  const { file, include, on_failure: onFailure, fsync, key, key_file: keyFile } = audit
  const config = { file, include, onFailure, fsync }
  const fail = (name: string, message: string) => {
    issues.push({ path: ['audit', name], message })
    return { ...config, key: undefined }
  }
  if (keyFile !== undefined && key !== undefined)
    return fail('key', 'write key or key_file, not both')
  if (keyFile === undefined && key === undefined) return { ...config, key: undefined }
  const name = keyFile === undefined ? 'key' : 'key_file'
  try {
    const secret = (key ?? read(keyFile ?? '')).replace(/\r?\n$/, '')
    if (secret.length >= LEAST_KEY) return { ...config, key: secret }
    return fail(
      name,
      `the key has fewer than ${LEAST_KEY} characters; openssl rand -hex 32 makes one`,
    )
  } catch (error) {
    return fail(name, (error as Error).message)
  }
}
