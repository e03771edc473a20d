/**
 * Writes the walks of docs/architecture.md: the files that a request enters, in order, each with the first sentence of its head.
 * `npm run walks` writes them; with `--print` the text goes to standard output, for the test that compares it with the page.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

const PAGE = 'docs/architecture.md'
const BEGIN = '<!-- walks: npm run walks -->'
const END = '<!-- end of walks -->'
/** Title of the steps that all HTTP requests share; they are listed once. */
const SHARED = 'The first steps of every request'

type Walks = Readonly<Record<string, readonly string[]>>

function playWalks(): Walks {
  const options = ['--no-warnings', '--import', './test/walks/record-entries.ts']
  const output = execFileSync(process.execPath, [...options, 'test/walks/main.ts'], {
    encoding: 'utf8',
    timeout: 120_000,
  })
  return JSON.parse(output) as Walks
}

/** The number of leading files that all lists have in common. */
function sharedLength(lists: readonly (readonly string[])[]): number {
  const [first = [], ...others] = lists
  const end = first.findIndex((file, index) => others.some((list) => list[index] !== file))
  return end === -1 ? first.length : end
}

function headOf(file: string): string {
  const [, head = ''] = /^\/\*\*([\s\S]*?)\*\//.exec(readFileSync(file, 'utf8')) ?? []
  const text = head
    .replaceAll(/^\s*\* ?/gm, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
  const [sentence = text] = /^.*?[.](?= |$)/.exec(text) ?? []
  return sentence.replace(/[.]$/, '')
}

function table(files: readonly string[], from: number): string {
  const rows = files.map(
    (file, index) => `| ${from + index} | \`${file}\` | ${headOf(file).replaceAll('|', '\\|')} |`,
  )
  return ['| Step | File | Task |', '|---|---|---|', ...rows].join('\n')
}

function write(walks: Walks): string {
  const overHttp = Object.entries(walks).filter(([title]) => !title.includes('WebSocket'))
  const shared = sharedLength(overHttp.map(([, files]) => files))
  const [, first = []] = overHttp[0] ?? []
  const sections = [`### ${SHARED}\n\n${table(first.slice(0, shared), 1)}`]
  for (const [title, files] of Object.entries(walks)) {
    const from = title.includes('WebSocket') ? 0 : shared
    sections.push(`### ${title}\n\n${table(files.slice(from), from + 1)}`)
  }
  return sections.join('\n\n')
}

const text = write(playWalks())
if (process.argv.includes('--print')) {
  process.stdout.write(text)
} else {
  const page = readFileSync(PAGE, 'utf8')
  const [before = '', rest = ''] = page.split(BEGIN)
  const [, after = ''] = rest.split(END)
  writeFileSync(PAGE, `${before}${BEGIN}\n\n${text}\n\n${END}${after}`)
}
