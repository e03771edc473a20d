/** Notices that files have changed, also where they are swapped by a symbolic link, as Kubernetes does. */
import { unwatchFile, watchFile } from 'node:fs'

/** How often files are looked at, in milliseconds. */
const LOOK_MS = 5_000

/**
 * Calls `onChange` after any of the files has changed. Keeps no process alive.
 *
 * @param lookMs default 5 s
 * @returns ends the watching
 */
export function watchFiles(
  files: readonly string[],
  onChange: () => void,
  lookMs = LOOK_MS,
): () => void {
  for (const file of files) watchFile(file, { interval: lookMs, persistent: false }, onChange)
  return () => {
    for (const file of files) unwatchFile(file, onChange)
  }
}
