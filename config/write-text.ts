/** Writing of the files a user named. */
import { writeFileSync } from 'node:fs'

/**
 * Writes a whole UTF-8 file.
 *
 * @param mayReplace a file that is there already is overwritten
 * @returns false, and nothing is written, when it is there and may not be
 * @throws Error with the reason and no path
 */
export function writeText(file: string, text: string, mayReplace: boolean): boolean {
  try {
    writeFileSync(file, text, { flag: mayReplace ? 'w' : 'wx' })
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    if (code === 'EEXIST') return false
    throw new Error(`can not be written: ${code}`, { cause: error })
  }
}
