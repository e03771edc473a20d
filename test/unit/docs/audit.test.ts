import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { verifyFiles } from '../../../cli/audit/verify.ts'
import type { AuditLine } from '../../../src/audit/chain.ts'
import { auditPath } from '../../support/audit.ts'

const page = readFileSync('docs/audit.md', 'utf8')
const [, log = ''] = /```json\n(.*?)```/s.exec(page) ?? []
const lines = log
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as AuditLine)

/** Names in the first column of the tables in one section of the page. */
function namesIn(from: string, to: string): string[] {
  const rows = page.slice(page.indexOf(from), page.indexOf(to)).split('\n')
  return rows.flatMap((row) => row.split(' | ')[0]?.match(/(?<=^\||, |`)\w+(?=`)/g) ?? [])
}

test('docs/audit.md shows a whole log, which verification accepts', async () => {
  const file = auditPath()
  writeFileSync(file, log)
  const chains = await verifyFiles([file], undefined)
  if ('reason' in chains) throw new Error(chains.reason)
  const [chain] = chains
  expect(chain).toMatchObject({ lines: lines.length, uncleanStarts: 0 })
  expect(page).toContain(`  last hash ${chain?.last.hash}\n`)
})

test('docs/audit.md lists every event and member of its log', () => {
  const events = namesIn('| `event` | Written |', '### Members')
  const members = namesIn('| Member | Value |', '### Digest of arguments')
  const everywhere = [
    'seq',
    'time',
    'prev',
    'event',
    'sent',
    'reason',
    'chain',
    'id',
    'version',
    'config',
  ]
  for (const line of lines) {
    expect(events).toContain(line.event)
    for (const name of Object.keys(line)) expect([...everywhere, ...members]).toContain(name)
  }
})
