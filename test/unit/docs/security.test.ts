import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** Rows of the tables of threats: what it is, and the tests that hold it off. */
const rows = readFileSync('SECURITY.md', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| Threat'))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, threat = '', , held = '']) => ({
    threat,
    tests: [...held.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  }))
  .filter(({ threat }) => !threat.startsWith('---'))

/** A test file without its ending, a folder, or a name inside a file that is named too. */
function filesOf(name: string): string[] {
  const endings = ['.test.ts', '.py', '/run.sh']
  return endings.flatMap((ending) => globSync(`test/${name}${ending}`))
}

test('there are threats', () => {
  expect(rows.length).toBeGreaterThan(30)
})

test.each(rows)('$threat: the tests that hold it off are there', ({ tests }) => {
  expect(tests).not.toEqual([])
  const files = tests.filter((name) => !name.startsWith('Test'))
  expect(files.filter((name) => filesOf(name).length === 0)).toEqual([])
  for (const name of tests.filter((each) => each.startsWith('Test'))) {
    const texts = files.flatMap(filesOf).map((file) => readFileSync(file, 'utf8'))
    expect(texts.join('\n')).toContain(`class ${name}`)
  }
})
