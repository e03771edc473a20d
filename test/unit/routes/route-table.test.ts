import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ROWS } from '../../../routes/data/rows.ts'
import { agentOsPath, isFeature, lines, operationsOf, otherOf } from './describe.ts'

const RELEASES = ['2.9.0', '3.1.10']
const keyOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`

test.each(RELEASES)('every operation of AgentOS %s is in the route table', (release) => {
  const served = new Set(ROWS.map((row) => `${row.method} ${agentOsPath(row)}`))
  const homeless = operationsOf(release).filter(
    (operation) => !served.has(keyOf(operation)) && otherOf(operation) === undefined,
  )
  expect(homeless).toEqual([])
})

test('every row of the route table is an operation of AgentOS', () => {
  const known = new Set(RELEASES.flatMap(operationsOf).map(keyOf))
  const invented = ROWS.filter(
    (row) => !isFeature(row) && !known.has(`${row.method} ${agentOsPath(row)}`),
  )
  expect(invented).toEqual([])
})

test('no operation has two rows in the route table', () => {
  const keys = ROWS.map(keyOf)
  expect(keys).toEqual([...new Set(keys)])
})

test('routes/README.md matches the route table', async () => {
  const file = new URL('../../../routes/README.md', import.meta.url)
  const text = readFileSync(file, 'utf8')
  const [before, , after] = text.split(/<!-- (?:table|end) -->/)
  const head =
    '| operation | AgentOS | its upstream is found by | where several are left |\n|---|---|---|---|'
  const table = `\n${head}\n${lines().join('\n')}\n`
  // `vitest -u` rewrites the table.
  await expect(`${before}<!-- table -->${table}<!-- end -->${after}`).toMatchFileSnapshot(
    file.pathname,
  )
})
