/** Reads the file of the option `--key-file`. */
import { readText } from '../config/read-text.ts'
import { UsageError } from './option-table.ts'

/** Returns the text of the file. @throws {UsageError} for a file that cannot be read */
export function readKeyFile(file: string): string {
  try {
    return readText(file)
  } catch (error) {
    throw new UsageError(`--key-file ${file} ${(error as Error).message}`)
  }
}
