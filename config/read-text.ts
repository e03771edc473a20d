/** Reads files that the user has named. */
import { existsSync, readFileSync } from 'node:fs'

const REASONS = new Map([
  ['ENOENT', 'no such file'],
  ['EACCES', 'permission denied: make it readable for the user of this process'],
  ['EISDIR', 'is a directory'],
  ['Z_BUF_ERROR', 'the compressed file is cut off'],
  ['Z_DATA_ERROR', 'not a gzip file, although its name ends in .gz'],
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
    throw new Error(unreadable(error), { cause: error })
  }
}

/** Words why a file cannot be read, without the path. @param error of the system or of zlib */
export function unreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
  return `cannot be read: ${REASONS.get(code) ?? code}`
}
