/** Tests that the walks in docs/architecture.md name the files which real requests enter. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

test('the architecture page lists the files that each walk enters, in order', {
  timeout: 120_000,
}, () => {
  const page = readFileSync('docs/architecture.md', 'utf8')
  const written = execFileSync(
    process.execPath,
    ['--no-warnings', 'tools/write-walks.ts', '--print'],
    {
      encoding: 'utf8',
    },
  )
  expect(written.length).toBeGreaterThan(1_000)
  expect(page, 'run `npm run walks`').toContain(
    `<!-- walks: npm run walks -->\n\n${written}\n\n<!-- end of walks -->`,
  )
})
