/** Reads files that the user has named. */
import { existsSync, readFileSync } from 'node:fs'

const REASONS = new Map([
  ['ENOENT', 'no such file'],
  ['EACCES', 'permission denied: make it readable for the user of this process'],
  ['EISDIR', 'is a directory'],
])

/** Whether the file exists. */
export function fileExists(file: string): boolean {
  return existsSync(file)
}

/**
 * Reads a UTF-8 file.
 *
 * @throws Error with the reason, such as `cannot be read: no such file`, and without the path
 */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new Error(`cannot be read: ${REASONS.get(code) ?? code}`, { cause: error })
  }
}
