import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findingsIn } from '../../../tools/prose/findings.ts'
import { PRIVATE_WORDS } from '../../../tools/prose/private-words.ts'
import { temporaryDirectory } from '../../support/certificates.ts'

const found = (file: string, text: string) =>
  findingsIn(file, text).map(({ line, what }) => `${line}: ${what}`)
const WORD = `who${'ever'}`
const LONG = 'word '.repeat(29).trim()

describe('names of tests', () => {
  test.each([
    ["test('fails', () => {})", 'fewer than 4 words: fails'],
    ["test.each([1])('run %s', () => {})", 'fewer than 4 words: run %s'],
    ["test('is refused with a status', () => {})", 'starts with "is"'],
    ["it('so does a second request here', () => {})", 'starts with "so"'],
    ["holds('has one answer for all', 1, any, () => {})", 'starts with "has"'],
    [`test('${'a run of an agent '.repeat(3)}', () => {})`, 'test name of 15 words'],
    ['test(`and more tests run after it`, () => {})', 'starts with "and"'],
  ])('the test name in %s is refused', (text, what) => {
    expect(found('a.test.ts', text)).toEqual([expect.stringContaining(what)])
  })

  test('a Python test name is read without its underscores', () => {
    const text =
      'def test_runs() -> None: ...\n\n    async def test_a_run_gives_equal_answers(self): ...\n'
    expect(found('test_a.py', text)).toEqual(['1: test name of fewer than 4 words: runs'])
  })

  test('full sentences and describe titles are accepted as names', () => {
    const text = "describe('runs', () => {\n  test('a run of an agent answers 200', () => {})\n})\n"
    expect(found('a.test.ts', text)).toEqual([])
  })
})

describe('private words', () => {
  test.each([
    ['a.ts', `const a = 1\n/**\n * A text.\n * For ${WORD} reads.\n */\n`, 4],
    ['a.ts', `const a = 1 // for ${WORD} reads\n`, 1],
    ['a.test.ts', `\ntest('a run for ${WORD} asks', () => {})\n`, 2],
    ['a.py', `"""A text.\n\nFor ${WORD} reads.\n"""\n`, 3],
    ['run.sh', `#!/bin/sh\n# For ${WORD} reads.\n`, 2],
    ['page.md', `# Title\n\nFor ${WORD} reads.\n`, 3],
    ['page.md', `| for ${WORD} | reads |\n\nFor ${WORD}.\n`, 3],
  ])('a private word in %s is reported with its line: %j', (file, text, line) => {
    expect(found(file, text)).toEqual([`${line}: private word "${WORD}"`])
  })

  test.each([
    [
      'a.ts',
      `const a = '${WORD}' // a value such as \`${WORD}\`\n// biome-ignore lint: for ${WORD}\n`,
    ],
    ['page.md', `\`\`\`sh\n${WORD}\n\`\`\`\n\n| ${WORD} |\n\n    ${WORD}\n`],
    ['data.json', `"${WORD}"`],
  ])('code, tables and quoted words in %s are not checked', (file, text) => {
    expect(found(file, text)).toEqual([])
  })

  test('every private word comes with the word to use instead', () => {
    for (const { say } of PRIVATE_WORDS) expect(say.length).toBeGreaterThan(3)
  })
})

test('a prose line over 140 characters is reported in comments and pages', () => {
  expect(found('a.ts', `// ${LONG}\n`)).toEqual(['1: line of 144 characters'])
  expect(found('a.md', `${LONG}\n\n[short](${LONG.replaceAll(' ', '-')})\n`)).toEqual([
    '1: line of 144 characters',
  ])
})

test('the check prints file, line, finding and remedy and exits with 1', () => {
  const file = join(temporaryDirectory(), 'page.md')
  writeFileSync(file, `# Title\n\nFor ${WORD} reads.\n`)
  const { status, stdout } = spawnSync(process.execPath, ['tools/prose-check.ts', file], {
    encoding: 'utf8',
  })
  expect(stdout).toBe(
    `${file}:3: private word "${WORD}"; say the caller, the client or the upstream\n`,
  )
  expect(status).toBe(1)
})

test('the check passes a clean file without output', () => {
  expect(
    execFileSync(process.execPath, ['tools/prose-check.ts', 'tools/prose/findings.ts']).length,
  ).toBe(0)
})
