import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const root = new URL('../../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')

/** Returns the section of the page about one release. */
function partOf(release: string): string {
  const [, part = ''] = read('docs/coverage.md').split(`## AgentOS ${release}\n`)
  return part.split('\n## ', 1)[0] as string
}

describe.each(['2.9.0', '3.1.10'])('docs/coverage.md for AgentOS %s', (release) => {
  const operations = read(`test/conformance/wire/routes-${release}.txt`)
    .split('\n')
    .filter((line) => /^[A-Z]+ /.test(line))
    .map((line) => line.replace(/ {2,}-> .*| {2,}(?:query|body).*/, '').replace(/ +/, ' '))

  test('docs/coverage.md has a row with results for every recorded operation', () => {
    expect(operations.length).toBeGreaterThan(100)
    const part = partOf(release)
    for (const operation of operations) {
      const row = part.split('\n').find((line) => line.startsWith(`| \`${operation}\` | `))
      expect(row, operation).toMatch(/^\| `[^`]+` \| \d{3}(?:, \d{3})* \| equal.* \| equal.* \|$/)
    }
  })
})
