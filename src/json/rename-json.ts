/** Replaces names in JSON text in place: every byte that is not a replaced name stays as it was. */
import { BodyRenamer } from './body-renamer.ts'
import type { Rename, RenameOptions } from './json-renamer.ts'

export type { Rename, RenameOptions } from './json-renamer.ts'

/** The text with names replaced; the very same string where there are none, or where it is no JSON. */
export function renameJson(text: string, rename: Rename, options: RenameOptions = {}): string {
  const bytes = Buffer.from(text)
  const renamer = new BodyRenamer(rename, options)
  const renamed = renamer.push(bytes)
  return renamed === bytes || !renamer.isWhole ? text : renamed.toString('utf8')
}
