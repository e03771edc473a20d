import { randomBytes } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { bundleConsole, checkedSize } from '../../../tools/console.ts'

const KB = 1024
/** Files that the first page needs, compressed. */
const MAX_FIRST_BYTES = 40 * KB

const sources = globSync('console/**/*.{ts,tsx}')

test('the compressed bundle stays within its limit', async () => {
  const size = checkedSize(await bundleConsole())
  process.stdout.write(`${size}\n`)
  const large = { 'a.js': Buffer.from(randomBytes(130 * KB)) }
  expect(() => checkedSize(large)).toThrow('limit 120.0 KB')
})

test('the first page needs one script and one style sheet', async () => {
  const files = await bundleConsole()
  const named = (pattern: RegExp) => Object.keys(files).filter((name) => pattern.test(name))
  const [scripts, styles] = [named(/^console-.*\.js$/), named(/\.css$/)]
  expect([scripts.length, styles.length]).toEqual([1, 1])
  const [[script = ''], [style = '']] = [scripts, styles]
  expect(files[script]?.toString()).not.toMatch(/\b(?:from|import)\s*["'`]\.\//)
  const bytes = [script, style, 'index.html'].reduce(
    (sum, name) => sum + gzipSync(files[name] ?? '').length,
    0,
  )
  expect(bytes).toBeLessThan(MAX_FIRST_BYTES)
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
