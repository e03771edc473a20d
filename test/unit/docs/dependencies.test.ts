import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import manifest from '../../../package.json' with { type: 'json' }

test('docs/dependencies.md lists exactly the dependencies of package.json', () => {
  const page = readFileSync('docs/dependencies.md', 'utf8')
  const rows = page.split('\n').filter((line) => line.startsWith('| `'))
  const named = rows.flatMap((row) => row.split('|')[1]?.match(/(?<=`)[^`, ]+(?=`)/g) ?? [])
  const wanted = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.devDependencies)]
  expect(named.toSorted()).toEqual(wanted.toSorted())
})
