import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { verifyFiles } from '../../../cli/audit/verify.ts'
import type { AuditMembers } from '../../../src/audit/chain.ts'
import { Chain, GENESIS, hashOf } from '../../../src/audit/chain.ts'
import { temporaryDirectory } from '../../support/certificates.ts'

const KEY = 'k'.repeat(32)
const OPENED = { event: 'file_opened', reason: 'new', chain: 'c1' }

/** Lines of a chain that begins a file. */
function chainOf(count: number, key?: string): string[] {
  const chain = new Chain(GENESIS, key)
  const members = (n: number): AuditMembers => (n === 0 ? OPENED : { event: 'refused', n })
  return Array.from({ length: count }, (_, n) => chain.next(members(n), n * 1_000))
}

function fileOf(lines: readonly (string | Buffer)[], name = 'audit.jsonl'): string {
  const file = join(temporaryDirectory(), name)
  writeFileSync(
    file,
    Buffer.concat(lines.map((line) => Buffer.concat([Buffer.from(line), NEWLINE]))),
  )
  return file
}

const NEWLINE = Buffer.from('\n')

describe('a chain', () => {
  test('each line names the SHA-256 of the line before it', () => {
    const [first = '', second = ''] = chainOf(2)
    expect(JSON.parse(first)).toMatchObject({ seq: 1, prev: '0'.repeat(64) })
    expect(JSON.parse(second)).toMatchObject({
      seq: 2,
      time: '1970-01-01T00:00:01.000Z',
      prev: hashOf(first),
    })
  })

  test('verification accepts an unchanged file with and without its key', async () => {
    const file = fileOf(chainOf(3, KEY))
    const whole = [{ chain: 'c1', lines: 3, lost: 0, torn: 0, isUnfinished: false }]
    expect(await verifyFiles([file], undefined)).toMatchObject(whole)
    expect(await verifyFiles([file], KEY)).toMatchObject(whole)
  })

  test('verification finds any line that was edited, removed, added or moved', async () => {
    const index = fc.nat({ max: 18 })
    const change = fc.oneof(
      fc.record({
        kind: fc.constant('edit'),
        at: index,
        byte: fc.nat(),
        value: fc.nat({ max: 255 }),
      }),
      fc.record({ kind: fc.constant('remove'), at: index, byte: fc.nat(), value: fc.nat() }),
      fc.record({
        kind: fc.constant('add'),
        at: index,
        byte: fc.nat(),
        value: fc.nat({ max: 18 }),
      }),
      fc.record({
        kind: fc.constant('swap'),
        at: index,
        byte: fc.nat(),
        value: fc.nat({ max: 18 }),
      }),
    )
    const lines: Buffer[] = chainOf(20).map((line) => Buffer.from(line))
    const file = fileOf(lines)
    await fc.assert(
      fc.asyncProperty(change, async ({ kind, at, byte, value }) => {
        const changed: Buffer[] = [...lines]
        const line: Buffer = Buffer.from(lines[at] as Buffer)
        if (kind === 'remove') changed.splice(at, 1)
        else if (kind === 'add') changed.splice(at, 0, lines[value] as Buffer)
        else if (kind === 'swap') [changed[at], changed[value]] = [lines[value] as Buffer, line]
        else {
          line[byte % line.length] = value
          changed[at] = line
        }
        writeFileSync(file, Buffer.concat(changed.flatMap((each) => [each, NEWLINE])))
        const isSame = Buffer.concat(changed).equals(Buffer.concat(lines))
        expect('reason' in (await verifyFiles([file], undefined))).toBe(!isSame)
      }),
      { numRuns: 300 },
    )
  })

  test('verification with the key finds a chain that was computed again', async () => {
    const forged = [...chainOf(4), ...[]]
    expect(await verifyFiles([fileOf(forged)], undefined)).toMatchObject([{ lines: 4 }])
    expect(await verifyFiles([fileOf(forged)], KEY)).toMatchObject({
      line: 1,
      reason: 'it has no mac',
    })
    const file = fileOf(chainOf(4, 'x'.repeat(32)))
    expect(await verifyFiles([file], KEY)).toMatchObject({ line: 1 })
  })

  test('verification of the last line needs the key', async () => {
    const lines = chainOf(3, KEY)
    const last = (lines[2] as string).replace('"n":2', '"n":3')
    const file = fileOf([...lines.slice(0, 2), last])
    expect(await verifyFiles([file], undefined)).toMatchObject([{ lines: 3 }])
    expect(await verifyFiles([file], KEY)).toMatchObject({ line: 3, reason: /mac does not match/ })
  })
})

describe('rotated files', () => {
  test('files of several chains are verified in any order, also compressed', async () => {
    const chain = new Chain(GENESIS)
    const first = [chain.next(OPENED, 0), chain.next({ event: 'a' }, 0)]
    const second = [chain.next({ ...OPENED, reason: 'rotated' }, 0), chain.next({ event: 'b' }, 0)]
    const old = fileOf(first, 'audit.jsonl.1.gz')
    writeFileSync(old, gzipSync(readFileSync(old)))
    const files = [fileOf(second), fileOf(chainOf(2).map((line) => line.replace('c1', 'c2'))), old]
    const other = new Chain(GENESIS)
    files[1] = fileOf([other.next({ ...OPENED, chain: 'c2' }, 0)])
    expect(await verifyFiles(files, undefined)).toMatchObject([
      { chain: 'c1', lines: 4 },
      { chain: 'c2', lines: 1 },
    ])
    expect(await verifyFiles([files[0] as string], undefined)).toMatchObject([
      { first: { seq: 3 } },
    ])
  })

  test('a missing file between two others is found', async () => {
    const chain = new Chain(GENESIS)
    const parts = [1, 2, 3].map(() =>
      fileOf([chain.next(OPENED, 0), chain.next({ event: 'a' }, 0)]),
    )
    expect(await verifyFiles([parts[0], parts[2]] as string[], undefined)).toMatchObject({
      file: parts[2],
      line: 1,
    })
  })

  test('a file without its first line is refused', async () => {
    const file = fileOf(chainOf(3).slice(1))
    expect(await verifyFiles([file], undefined)).toMatchObject({ line: 1, reason: /file_opened/ })
  })
})

describe('lines that a crash cut off', () => {
  const torn = '{"seq":4,"time":"1970'

  test('a cut-off line is accepted if the next line names its digest', async () => {
    const chain = new Chain(GENESIS)
    const lines = [chain.next(OPENED, 0), torn]
    lines.push(chain.next({ event: 'line_torn', bytes: torn.length, sha256: hashOf(torn) }, 0))
    expect(await verifyFiles([fileOf(lines)], undefined)).toMatchObject([{ lines: 2, torn: 1 }])
    const other = [lines[0], `${torn}!`, lines[2]] as string[]
    expect(await verifyFiles([fileOf(other)], undefined)).toMatchObject({ line: 2 })
  })

  test('a cut-off line is accepted at the very end only', async () => {
    const file = fileOf(chainOf(3))
    writeFileSync(file, torn, { flag: 'a' })
    expect(await verifyFiles([file], undefined)).toMatchObject([{ lines: 3, isUnfinished: true }])
    writeFileSync(file, '\n', { flag: 'a' })
    expect(await verifyFiles([file], undefined)).toMatchObject({ line: 4 })
  })

  test('a line without end is refused in constant memory', async () => {
    const file = fileOf([...chainOf(1), Buffer.alloc(3 * 1024 * 1024, 'x')])
    await expect(verifyFiles([file], undefined)).rejects.toThrow('longer than 256 KiB')
  })
})
