/** Tests that the configuration examples on the pages for users follow the schema of the configuration file. */
import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { interpolate } from '../../../config/interpolate.ts'
import { fileSchema } from '../../../config/schema.ts'

/** Pages whose YAML is of another program: Helm values are checked with Helm. */
const FOREIGN = new Set(['docs/kubernetes.md'])
/** First line of an example that is of another program. */
const FOREIGN_FILE = /^# (?!gateway\.yaml)[\w.]+\.ya?ml\n/
/** A value for every environment variable that the text names: a URL, or a text that is also a port. */
function environmentOf(text: string): Record<string, string> {
  const names = [...text.matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name)
  const value = (name: string) => (name.endsWith('URL') ? 'http://127.0.0.1:7777' : '8080')
  return Object.fromEntries(names.map((name) => [name, value(name)]))
}

const UPSTREAM = { name: 'research', url: 'http://127.0.0.1:7777' }
const TOP_LEVEL = new Set(Object.keys(fileSchema.shape))

const pages = ['README.md', ...globSync('docs/{,connect/}*.md')].filter(
  (page) => !FOREIGN.has(page),
)

interface Example {
  readonly page: string
  readonly line: number
  readonly text: string
}

function examplesIn(page: string): Example[] {
  const source = readFileSync(page, 'utf8')
  return [...source.matchAll(/^```yaml\n(.*?)^```/gms)]
    .map(({ index, 1: text = '' }) => ({
      page,
      line: source.slice(0, index).split('\n').length,
      text,
    }))
    .filter(({ text }) => !FOREIGN_FILE.test(text))
}

/** An indented example shows steps of a workflow; keys of an upstream stand without the upstream. */
function wholeFile(text: string): unknown {
  const { value } = interpolate(parse(text) ?? {}, environmentOf(text))
  if (text.startsWith(' ')) return { workflows: [{ id: 'w', steps: value }] }
  const isWhole = Object.keys(value as object).every((key) => TOP_LEVEL.has(key))
  return isWhole ? value : { upstreams: [{ ...UPSTREAM, ...(value as object) }] }
}

const examples = pages.flatMap(examplesIn)

test.each(examples)('the YAML example at $page:$line follows the schema', ({ text }) => {
  const { error } = fileSchema.safeParse(wholeFile(text))
  expect(error?.issues ?? []).toEqual([])
})

test('the documentation has more than thirty examples of the configuration', () => {
  expect(examples.length).toBeGreaterThan(30)
})
