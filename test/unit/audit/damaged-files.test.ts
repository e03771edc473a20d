/** Tests how an audit log begins on damaged, foreign and special files, and how `audit verify` reads them. */
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import type { ProcessAudit } from '../../../cli/audit/open-audit.ts'
import { openAudit } from '../../../cli/audit/open-audit.ts'
import { fileAt } from '../../../cli/audit/open-file.ts'
import { verifyFiles } from '../../../cli/audit/verify.ts'
import { auditPath } from '../../support/audit.ts'

const KEY = 'k'.repeat(32)
const NO_LINE = 'not a line of the log, and the next line does not say that a crash cut it off'

/** Opens an audit log as the start of a gateway does. */
function started(file: string): Promise<ProcessAudit> {
  const logger = pino({ level: 'silent' })
  const config = { include: 'runs', onFailure: 'reject', fsync: 'everysec', key: KEY } as const
  return openAudit({ ...config, file }, { logger, worker: undefined })
}

async function opened(file: string): Promise<ProcessAudit> {
  const audit = await started(file)
  onTestFinished(() => audit.close())
  return audit
}

/** Starts and ends a log. @returns its path */
async function written(file = auditPath()): Promise<string> {
  await (await started(file)).close()
  return file
}

/** The reason for which a start is refused. */
async function refusal(file: string): Promise<string> {
  const error = (await started(file).catch((reason: unknown) => reason)) as {
    issues?: readonly { message: string }[]
  }
  return error.issues?.[0]?.message ?? 'not refused'
}

test.each([
  ['a cut-off line', '{"seq":3,"ti'],
  ['a cut-off line with its line break', '{"seq":3,"ti\n'],
  ['a cut-off line and a cut-off report about it', '{"seq":3,"ti\n{"seq":3,"time":"2026-1'],
  ['an empty line', '\n'],
  ['zeros', '\0'.repeat(5_000)],
  ['many short texts', '{\n'.repeat(1_000)],
])('a start behind %s continues the chain and reports it', async (_name, damage) => {
  const file = await written()
  appendFileSync(file, damage)
  await written(file)
  await written(file)
  const text = damage.endsWith('\n') ? damage.slice(0, -1) : damage
  expect(readFileSync(file, 'utf8')).toContain(`\n${text}\n`)
  const whole = await verifyFiles([file], KEY)
  expect(whole).toMatchObject([{ lines: 5, torn: 1, last: { seq: 5 }, isUnfinished: false }])
})

test.each(['{"se', '{"seq":1,"time":"20', '\0\0\0', '{"seq":1,"time":"20\n'])(
  'a start behind the cut-off first line %j opens the file again',
  async (damage) => {
    const file = auditPath()
    writeFileSync(file, damage)
    await written(file)
    expect(await verifyFiles([file], KEY)).toMatchObject([{ lines: 2, torn: 1, first: { seq: 1 } }])
  },
)

test('a cut-off first line after rotation continues the chain of the rotated file', async () => {
  const file = await written()
  renameSync(file, `${file}.1`)
  writeFileSync(file, '{"seq":3,')
  await written(file)
  const whole = await verifyFiles([file, `${file}.1`], KEY)
  expect(whole).toMatchObject([{ lines: 4, torn: 1, first: { seq: 1 }, last: { seq: 4 } }])
})

test('a report about another text than the cut-off one is found', async () => {
  const file = await written()
  appendFileSync(file, '{"seq":3,"ti\n{"seq":3')
  await written(file)
  writeFileSync(file, readFileSync(file, 'utf8').replace('{"seq":3,"ti\n', '{"seq":3,"xx\n'))
  expect(await verifyFiles([file], KEY)).toMatchObject({ file, line: 3, reason: NO_LINE })
})

test('cut-off texts of two files are not joined', async () => {
  const file = await written()
  renameSync(file, `${file}.1`)
  await written(file)
  appendFileSync(`${file}.1`, '{"seq":3')
  writeFileSync(file, `{"x\n${readFileSync(file, 'utf8')}`)
  const found = await verifyFiles([`${file}.1`, file], KEY)
  expect(found).toMatchObject({ file: `${file}.1`, line: 3, reason: NO_LINE })
})

test.each(['hello\nworld\n', '{"level":30,"msg":"request"}\n'])(
  'a file with %j is no audit log and stays unchanged',
  async (text) => {
    const file = auditPath()
    writeFileSync(file, text)
    expect(await refusal(file)).toContain('cannot be opened (it ends with other text than an audit')
    expect(readFileSync(file, 'utf8')).toBe(text)
  },
)

test('a log is not continued behind 32 MiB of other text', async () => {
  const file = await written()
  appendFileSync(file, `\n${'x'.repeat(33 * 1024 * 1024)}`)
  expect(await refusal(file)).toContain('it ends with other text than an audit log')
})

test('a log is continued behind 1 MiB of zeros', async () => {
  const file = await written()
  appendFileSync(file, Buffer.alloc(1024 * 1024))
  await written(file)
  const last = readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? ''
  expect(JSON.parse(last)).toMatchObject({ seq: 4, event: 'gateway_stopped' })
})

test('two names of one file have one lock', async () => {
  const file = auditPath()
  await opened(file)
  symlinkSync(file, `${file}.link`)
  expect(await refusal(`${file}.link`)).toContain('is written by another process')
})

test('a pipe without a reader refuses the start at once', async () => {
  const file = auditPath()
  execFileSync('mkfifo', [file])
  expect(await refusal(file)).toContain('cannot be opened (it is no regular file)')
})

test('a directory refuses the start', async () => {
  const file = auditPath()
  mkdirSync(file)
  expect(await refusal(file)).toContain('cannot be opened (EISDIR)')
})

test('a pipe in place of the file fails writing until it is gone', async () => {
  const file = auditPath()
  const { trail } = await opened(file)
  await trail.append({ event: 'x' }, 'sent', true)?.written
  renameSync(file, `${file}.1`)
  execFileSync('mkfifo', [file])
  await expect.poll(() => trail.isFailing, { timeout: 5_000 }).toBe(true)
  renameSync(file, `${file}.pipe`)
  await expect.poll(() => trail.isFailing, { timeout: 5_000 }).toBe(false)
  await trail.append({ event: 'x' }, 'sent', true)?.written
  expect(await verifyFiles([file, `${file}.1`], KEY)).toMatchObject([{ lost: 0, torn: 0 }])
})

test('a path that cannot be read is not taken for a deleted file', async () => {
  const file = await written()
  const open = await fileAt(file)
  onTestFinished(() => open.close())
  // The name is too long for the system, as a path without permission is not readable.
  expect(await open.changeAt(`${file}${'x'.repeat(5_000)}`)).toBeUndefined()
  expect(await open.changeAt(`${file}x`)).toBe('missing')
  expect(await open.changeAt(`${file}/x`)).toBe('missing')
})

test('a pipe cannot be verified, because it is read twice', async () => {
  const file = auditPath()
  execFileSync('mkfifo', [file])
  await expect(verifyFiles([file], KEY)).rejects.toThrow('is a pipe, and it is read twice')
})
