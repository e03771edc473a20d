import { globSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { bundleConsole } from '../../../tools/console.ts'

const KB = 1024
/** The whole console, compressed, in bytes. The budget is 120 KB; the test fails above 150. */
const MAX_BYTES = 150 * KB
/** Files that the first page needs. */
const MAX_FIRST_BYTES = 60 * KB

const sources = globSync('console/**/*.{ts,tsx}')

test('the compressed bundle stays within its budget', async () => {
  const files = await bundleConsole()
  const sizes = Object.entries(files).map(([name, body]) => [name, gzipSync(body).length] as const)
  const total = sizes.reduce((sum, [, size]) => sum + size, 0)
  expect(total).toBeLessThan(MAX_BYTES)
  const entry = Object.keys(files).find((name) => /^console-.*\.js$/.test(name)) ?? ''
  const first = [...(files[entry]?.toString().matchAll(/from"\.\/([^"]+)"/g) ?? [])]
  const needed = new Set([entry, 'index.html', ...first.map(([, name]) => name)])
  const firstBytes = sizes
    .filter(([name]) => needed.has(name) || name.endsWith('.css'))
    .reduce((sum, [, size]) => sum + size, 0)
  expect(firstBytes).toBeLessThan(MAX_FIRST_BYTES)
})

test('the bundle loads nothing from other servers', async () => {
  for (const [name, body] of Object.entries(await bundleConsole())) {
    if (!name.endsWith('.css') && !name.endsWith('.html')) continue
    expect(body.toString()).not.toMatch(/@import|url\(|https?:\/\/(?!www\.w3\.org)/)
  }
})

test.each(sources)('%s imports only types of the server', (file) => {
  const text = readFileSync(file, 'utf8')
  const values = [...text.matchAll(/^(?:import|export)(?! type)[^'";]*from '([^']+)'/gm)]
  const ofServer = values.map(([, name = '']) => name).filter((name) => name.includes('src/'))
  expect(ofServer).toEqual([])
})

test.each(sources)('%s has at most 200 lines, except the text file', (file) => {
  const lines = readFileSync(file, 'utf8').split('\n').length
  expect(lines).toBeLessThanOrEqual(file.endsWith('strings.ts') ? 400 : 201)
})
