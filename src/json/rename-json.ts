/** Replaces names in JSON text in place: every byte that is not a replaced name stays as it was. */
import { Turn } from '../turns.ts'
import { BodyRenamer } from './body-renamer.ts'
import type { Rename, RenameOptions } from './json-renamer.ts'

export type { Rename, RenameOptions } from './json-renamer.ts'

/** Replaces the names in the text. Returns the same string when it contains no such name or is no JSON. */
export function renameJson(text: string, rename: Rename, options: RenameOptions = {}): string {
  const bytes = Buffer.from(text)
  const renamed = renamedJson(bytes, rename, options)
  return renamed === bytes ? text : renamed.toString('utf8')
}

/** {@link renameJson} for the bytes of a short text. */
export function renamedJson(bytes: Buffer, rename: Rename, options: RenameOptions = {}): Buffer {
  const renamer = new BodyRenamer(rename, options)
  const renamed = renamer.push(bytes)
  return renamer.isWhole ? renamed : bytes
}

const STEP_BYTES = 64 * 1024

/** {@link renameJson} for the bytes of a long text, without holding up the event loop. */
export async function renameJsonInTurns(
  bytes: Buffer,
  rename: Rename,
  options: RenameOptions = {},
): Promise<Buffer> {
  const renamer = new BodyRenamer(rename, options)
  const turn = new Turn()
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; at += STEP_BYTES) {
    pieces.push(renamer.push(bytes.subarray(at, at + STEP_BYTES)))
    await turn.rest()
  }
  return renamer.isWhole ? Buffer.concat(pieces) : bytes
}
