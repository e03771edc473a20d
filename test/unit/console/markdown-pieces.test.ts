import { expect, test } from 'vitest'
import { preview } from '../../../console/state/format.ts'
import { MarkdownPieces } from '../../../console/state/markdown-pieces.ts'

const PARAGRAPHS = Array.from(
  { length: 300 },
  (_, index) => `Paragraph ${index} of the answer.\n\n`,
)
const ANSWER = `# Title\n\n- one\n- two\n\n\`\`\`js\nlet a\n\`\`\`\n\n| a |\n|---|\n| 1 |\n\n${PARAGRAPHS.join('')}`

const raws = (pieces: readonly { raw: string }[]) => pieces.map(({ raw }) => raw)

test('the pieces of a growing text always join to the text', () => {
  const pieces = new MarkdownPieces()
  for (let end = 1; end <= ANSWER.length; end += 37) {
    const text = ANSWER.slice(0, end)
    expect(raws(pieces.of(text)).join('')).toBe(text)
  }
})

test('a complete piece never changes while the text grows', () => {
  const pieces = new MarkdownPieces()
  let before: string[] = []
  for (let end = 100; end <= ANSWER.length; end += 211) {
    const now = raws(pieces.of(ANSWER.slice(0, end)))
    const complete = before.slice(0, -3)
    expect(now.slice(0, complete.length)).toEqual(complete)
    before = now
  }
  expect(before.length).toBeLessThan(20)
})

test('another text replaces the pieces', () => {
  const pieces = new MarkdownPieces()
  pieces.of(ANSWER)
  expect(raws(pieces.of('other'))).toEqual(['other'])
})

test.each([
  ['quotes in quotes', '>'.repeat(5_000)],
  ['spaced quotes in quotes', '> '.repeat(5_000)],
  ['numbered lists in a line', '1. '.repeat(5_000)],
  ['bullets in a line', `${'- '.repeat(5_000)}x`],
  [
    'lists in lists',
    Array.from({ length: 300 }, (_, index) => `${'  '.repeat(index)}- x`).join('\n'),
  ],
  ['one long paragraph', '_a_'.repeat(10_000)],
  ['one long line of a list', `- ${'a*'.repeat(10_000)}`],
])('%s are shown as plain text', (_, text) => {
  expect(new MarkdownPieces().of(text).every(({ isPlain }) => isPlain)).toBe(true)
})

test.each([
  ['a long code block', `\`\`\`\n${'x = 1\n'.repeat(20_000)}\`\`\``],
  ['a long list', '- one item of many\n'.repeat(2_000)],
  ['a quote in a quote', '> > twice\n\n> once'],
  ['rules', '- - - - -\n\n-----------------------------\n\n***'],
])('the console renders %s', (_, text) => {
  expect(new MarkdownPieces().of(text).some(({ isPlain }) => isPlain)).toBe(false)
})

test('a preview reads no more of a value than it shows', () => {
  expect(preview({ a: 1, b: ['x', null], c: {} }, 100)).toBe('{a: 1, b: ["x", null], c: {}}')
  expect(preview('x'.repeat(1_000_000), 5)).toBe('"xxxx…')
  const large = Array.from({ length: 100_000 }, () => ({ text: 'x'.repeat(100) }))
  expect(preview(large, 50)).toHaveLength(51)
  expect(preview(undefined, 5)).toBe('undef…')
})
