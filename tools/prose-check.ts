/**
 * Checks the prose of the repository as part of `npm run lint`: names of tests, private words, long lines. It prints
 * `FILE:LINE: finding; remedy` and exits with 1 when there are findings. Arguments name the files to check instead of
 * all files that Git tracks.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { findingsIn } from './prose/findings.ts'

/** The list of private words contains each of them. */
const OWN_LIST = 'tools/prose/private-words.ts'

function trackedFiles(): string[] {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'])
  return list.toString('utf8').split('\0').filter(existsSync)
}

const named = process.argv.slice(2)
const files = named.length > 0 ? named : trackedFiles()
const lines = files
  .filter((file) => file !== OWN_LIST)
  .flatMap((file) =>
    findingsIn(file, readFileSync(file, 'utf8')).map(
      ({ line, what, remedy }) => `${file}:${line}: ${what}; ${remedy}\n`,
    ),
  )
process.stdout.write(lines.join(''))
if (lines.length > 0) process.exitCode = 1
