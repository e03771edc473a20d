import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { LOG_AREAS } from '../../../config/types.ts'

const page = readFileSync('docs/logging.md', 'utf8')

/** Returns the names in the first column of the tables in one section of the page. */
function namesIn(part: string): string[] {
  const rows = part.split('\n').filter((line) => line.startsWith('| `'))
  return rows.flatMap((row) => row.split('|')[1]?.match(/(?<=`)\w+(?=`)/g) ?? [])
}

test('docs/logging.md lists exactly the log areas', () => {
  const table = page.slice(page.indexOf('| `area` |'), page.indexOf('## Requests'))
  expect(namesIn(table).slice(1)).toEqual(LOG_AREAS)
})

test('docs/logging.md lists exactly the fields of the access log', () => {
  const sources = ['plugins/access-log.ts', 'src/request-summary.ts'].map((file) =>
    readFileSync(file, 'utf8'),
  )
  const named = namesIn(
    page.slice(page.indexOf('<!-- fields -->'), page.indexOf('<!-- /fields -->')),
  )
  for (const field of named) {
    expect(
      sources.some((source) => new RegExp(`\\b${field}\\b`).test(source)),
      field,
    ).toBe(true)
  }
  expect(new Set(named).size).toBe(named.length)
  const written = [...(sources[1] ?? '').matchAll(/^ {4}(\w+)(?=[:,])/gm)].map(([, name]) => name)
  expect(written.length).toBeGreaterThan(10)
  expect(written.filter((name) => !named.includes(name ?? ''))).toEqual([])
})

/** Finds `logger.warn({ … }, 'message')` and its kin. Interpolated messages are not found. */
const MESSAGE = /\b(?:log|logger|logs\.\w+)\.(?:info|warn|error)\(\s*(?:\{[^()]*?\},\s*)?'([^']+)'/g

test('docs/logging.md lists every message of the log', () => {
  const messages = ['app.ts', ...filesIn('cli', 'composer', 'plugins', 'routes', 'src')].flatMap(
    (file) => [...readFileSync(file, 'utf8').matchAll(MESSAGE)].map(([, message = '']) => message),
  )
  expect(messages.length).toBeGreaterThan(30)
  // The page describes the three warnings about the composer's database in one sentence.
  const listed = messages.filter((message) => !message.includes('composer.database'))
  expect(listed.filter((message) => !page.includes(`\`${message}\``))).toEqual([])
})

function filesIn(...folders: string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `${folder}/${name}`),
  )
}
