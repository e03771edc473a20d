/** Tests that the workflows of the repository run only pinned actions and cover every supported Node release. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

const FOLDER = '.github/workflows'
const workflows = readdirSync(FOLDER).map((name) => readFileSync(`${FOLDER}/${name}`, 'utf8'))

test('every workflow pins its actions by commit and names their version', () => {
  const uses = workflows.flatMap((text) => text.match(/^.*\buses:.*$/gm) ?? [])
  expect(uses.length).toBeGreaterThan(10)
  const unpinned = uses.filter(
    (line) => !/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+/.test(line),
  )
  expect(unpinned).toEqual([])
})

test('every workflow begins with read-only permissions', () => {
  for (const text of workflows) expect(parse(text).permissions).toEqual({ contents: 'read' })
})

test('the test matrix begins with the oldest supported Node release', () => {
  const { jobs } = parse(readFileSync(`${FOLDER}/ci.yml`, 'utf8'))
  const { engines } = JSON.parse(readFileSync('package.json', 'utf8'))
  const [oldest] = jobs.test.strategy.matrix.node
  expect(engines.node).toMatch(new RegExp(`^>=${oldest}\\.`))
  expect(jobs.test.steps.at(-1).run).toBe('npm test')
})
