/** Finds programs that a test needs on the path. */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * Returns the file of the first installed program.
 *
 * @throws when none of them is installed
 */
export function executable(...names: readonly string[]): string {
  const directories = process.env['PATH']?.split(delimiter) ?? []
  for (const name of names) {
    const file = directories.map((directory) => join(directory, name)).find(existsSync)
    if (file !== undefined) return file
  }
  throw new Error(`install ${names.join(' or ')}, for example with apt-get`)
}
