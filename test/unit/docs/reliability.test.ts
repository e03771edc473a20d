import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const [, section = ''] = readFileSync('docs/reliability.md', 'utf8').split(
  '## Unusual inputs and their tests',
)
const [table = ''] = section.split('\n## ')
const rows = table
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| Kind'))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, kind = '', tests = '']) => ({ kind, names: [...tests.matchAll(/`([^`]+)`/g)] }))

test('docs/reliability.md lists the inputs from outside', () => {
  expect(rows.length).toBeGreaterThan(2)
})

test.each(rows)('the tests that docs/reliability.md names for "$kind" exist', ({ names }) => {
  expect(names.length).toBeGreaterThan(0)
  const missing = names.filter(([, name]) => globSync(`test/${name}{.test.ts,.py}`).length === 0)
  expect(missing).toEqual([])
})
