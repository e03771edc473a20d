import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** Rows of the threat tables: the threat, and the tests that prove the defence. */
const rows = readFileSync('SECURITY.md', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| Threat'))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, threat = '', , held = '']) => ({
    threat,
    tests: [...held.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  }))
  .filter(({ threat }) => !threat.startsWith('---'))

/** Returns the test files that a name in the table can mean: a file without its ending, or a folder. */
function filesOf(name: string): string[] {
  const endings = ['.test.ts', '.py', '/run.sh']
  return endings.flatMap((ending) => globSync(`test/${name}${ending}`))
}

test('SECURITY.md lists more than thirty threats', () => {
  expect(rows.length).toBeGreaterThan(30)
})

test.each(rows)(
  'the tests that SECURITY.md names against this threat exist: $threat',
  ({ tests }) => {
    expect(tests).not.toEqual([])
    const files = tests.filter((name) => !name.startsWith('Test'))
    expect(files.filter((name) => filesOf(name).length === 0)).toEqual([])
    for (const name of tests.filter((each) => each.startsWith('Test'))) {
      const texts = files.flatMap(filesOf).map((file) => readFileSync(file, 'utf8'))
      expect(texts.join('\n')).toContain(`class ${name}`)
    }
  },
)
