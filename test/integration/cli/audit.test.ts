/** `agentos-gateway audit verify` as a user runs it: its text and its exit code. */
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { Chain, GENESIS } from '../../../src/audit/chain.ts'
import { auditPath } from '../../support/audit.ts'
import { command } from '../../support/cli.ts'

/** Lines of a whole log. */
function logText(): string {
  const chain = new Chain(GENESIS, undefined)
  const members = [
    { event: 'file_opened', reason: 'new', chain: 'c1' },
    { event: 'refused', status: 401 },
    { event: 'gateway_stopped' },
  ]
  return members.map((each, n) => `${chain.next(each, n * 1_000)}\n`).join('')
}

/** Writes `audit.jsonl`, and runs `audit verify` on it in its directory. */
async function verify(content: string | Buffer, ...options: readonly string[]) {
  const path = auditPath()
  writeFileSync(path, content)
  const files = options.length > 0 ? options : ['audit.jsonl']
  return command(['audit', 'verify', ...files], { cwd: dirname(path) })
}

test('audit verify prints the chain of a whole log', async () => {
  const { code, stdout } = await verify(logText())
  expect([code, stdout.split('\n')[0]]).toEqual([0, 'ok: chain c1, 3 lines in 1 file'])
})

test('audit verify prints the first line that is wrong', async () => {
  const { code, stdout } = await verify(logText().replace('401', '403'))
  expect([code, stdout]).toEqual([
    1,
    'audit.jsonl:3: prev is not the SHA-256 of line 2 of the chain\n',
  ])
})

test('audit verify refuses a file that is no audit log', async () => {
  const { code, stdout } = await verify('# Notes\n')
  expect([code, stdout]).toEqual([
    1,
    'audit.jsonl:1: an audit file begins with a line file_opened\n',
  ])
})

test.each([
  [['none.jsonl'], 1, 'none.jsonl: cannot be read: no such file'],
  [['.'], 1, '.: cannot be read: is a directory'],
  [['--key-file', 'none.key', 'audit.jsonl'], 64, '--key-file none.key cannot be read'],
])('audit verify names the file that it cannot read: %j', async (options, status, words) => {
  const { code, stderr } = await verify(logText(), ...options)
  expect(code).toBe(status)
  expect(stderr).toContain(words)
})

test('audit verify names a compressed file that is cut off', async () => {
  const file = join(dirname(auditPath()), 'cut.jsonl.gz')
  writeFileSync(file, gzipSync(logText()).subarray(0, -12))
  const { code, stderr } = await command(['audit', 'verify', file])
  expect(code).toBe(1)
  expect(stderr).toContain('cut.jsonl.gz: cannot be read: the compressed file is cut off')
})
