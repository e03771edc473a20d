/** `agentos-gateway audit verify FILE…`: checks the hash chain of audit files. */
import { checkSecret } from '../config/jwt-keys.ts'
import type { ChainSummary } from './audit/verify.ts'
import { verifyFiles } from './audit/verify.ts'
import { readKeyFile } from './key-file.ts'
import type { GivenOptions } from './option-table.ts'
import { UsageError } from './option-table.ts'

/**
 * @returns exit code: 0 and a summary for files that are whole, or 1 and the first line that is wrong
 * @throws {UsageError} without `verify` and a file, and for a key file that cannot be read
 */
export async function audit(operands: readonly string[], options: GivenOptions): Promise<number> {
  const [action, ...files] = operands
  if (action !== 'verify' || files.length === 0) {
    throw new UsageError('audit needs verify and at least one file')
  }
  const keyFile = options['key-file']
  const found = await verifyFiles(files, keyFile === undefined ? undefined : keyIn(keyFile))
  if (options.json) process.stdout.write(`${JSON.stringify(found)}\n`)
  if (!('reason' in found)) {
    if (!options.json) for (const chain of found) process.stdout.write(`${summaryText(chain)}\n`)
    return 0
  }
  const { file, line, reason } = found
  if (!options.json) process.stdout.write(`${file}:${line}: ${reason}\n`)
  return 1
}

/** @throws Error with the path, for a file without a key */
function keyIn(file: string): string {
  const checked = checkSecret(readKeyFile(file))
  if ('problem' in checked) throw new Error(`${file}: ${checked.problem}`)
  return checked.text
}

function summaryText(summary: ChainSummary): string {
  const { chain, files, lines, first, last, torn, lost, uncleanStarts, isUnfinished } = summary
  const notes = [
    first.seq > 1 ? `lines before ${first.seq} were not given` : '',
    torn > 0 ? `${torn} cut off by a crash` : '',
    lost > 0 ? `${lost} lost, as the log reports` : '',
    uncleanStarts > 0 ? `${uncleanStarts} starts without a stop before them` : '',
    isUnfinished ? 'the last line is cut off, or being written' : '',
  ].filter((note) => note !== '')
  return [
    `ok: chain ${chain}, ${lines} lines in ${files.length} ${files.length === 1 ? 'file' : 'files'}`,
    `  ${first.seq} at ${first.time} to ${last.seq} at ${last.time}`,
    `  last hash ${last.hash}`,
    ...notes.map((note) => `  ${note}`),
  ].join('\n')
}
