/**
 * Runs the fault tests and prints their results: `npm run test:faults -- [--write] [NAME…]`. With `--write`
 * the table in docs/reliability.md is rewritten if every test ran and passed.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Row } from './support/report.ts'
import { tableOf } from './support/report.ts'

const DOC = fileURLToPath(new URL('../../docs/reliability.md', import.meta.url))
const VITEST = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))
const MARKED = /(<!-- faults: begin -->\n)[\s\S]*(<!-- faults: end -->)/

const args = process.argv.slice(2)
const filters = args.filter((arg) => !arg.startsWith('--'))
const directory = await mkdtemp(join(tmpdir(), 'faults-results-'))
const results = join(directory, 'rows')
await writeFile(results, '')
const startedAt = performance.now()
const child = spawn(
  process.execPath,
  [VITEST, 'run', '--project', 'faults', '--no-file-parallelism', ...filters],
  { stdio: 'inherit', env: { ...process.env, FAULTS_RESULTS: results } },
)
const [code] = (await once(child, 'exit')) as [number | null]
const lines = (await readFile(results, 'utf8')).trim().split('\n')
const rows = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Row)
const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1)
const table = `${tableOf(rows)}\n\nMeasured in ${minutes} minutes on ${availableParallelism()} cores.\n`
process.stdout.write(`\n${table}`)
if (args.includes('--write') && code === 0 && filters.length === 0) {
  const page = await readFile(DOC, 'utf8')
  await writeFile(
    DOC,
    page.replace(MARKED, (_, begin, end) => `${begin}${table}${end}`),
  )
}
await rm(directory, { recursive: true })
process.exitCode = code ?? 1
