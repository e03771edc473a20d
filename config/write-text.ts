/** Writes files that the user has named. */
import { writeFileSync } from 'node:fs'

const REASONS = new Map([
  ['ENOENT', 'no such directory'],
  ['ENOTDIR', 'no such directory'],
  ['EACCES', 'permission denied'],
  ['EROFS', 'the file system is read-only'],
  ['EISDIR', 'is a directory'],
  ['ENOSPC', 'no space left on the disk'],
])

/**
 * Writes a UTF-8 file.
 *
 * @param mayReplace overwrites an existing file
 * @returns false, without writing, for an existing file that must not be replaced
 * @throws Error with the reason and without the path
 */
export function writeText(file: string, text: string, mayReplace: boolean): boolean {
  try {
    writeFileSync(file, text, { flag: mayReplace ? 'w' : 'wx' })
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    if (code === 'EEXIST') return false
    throw new Error(`cannot be written: ${REASONS.get(code) ?? code}`, { cause: error })
  }
}
