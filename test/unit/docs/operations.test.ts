import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { COMMANDS } from '../../../cli/commands.ts'

const page = readFileSync('docs/operations.md', 'utf8')

test('docs/operations.md explains exactly the alerts that exist', () => {
  const rules = readFileSync('deploy/observability/alerts.yaml', 'utf8')
  const alerts = [...rules.matchAll(/alert: (\w+)/g)].map(([, name]) => name)
  const told = page.match(/(?<=`)AgentOS[A-Z]\w+(?=`)/g) ?? []
  expect(told.toSorted()).toEqual(alerts.toSorted())
})

test('docs/operations.md lists every command', () => {
  const rows = [...page.matchAll(/^\| `(\w+)(?: [^`]*)?` \| /gm)].map(([, name]) => name)
  expect(rows).toEqual(expect.arrayContaining(Object.keys(COMMANDS)))
})
