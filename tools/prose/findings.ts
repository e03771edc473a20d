/** Implements the rules of the prose check: names of tests, private words and the length of lines. */
import { type Passage, passagesIn } from './passages.ts'
import { PRIVATE_WORDS } from './private-words.ts'

export interface Finding {
  readonly line: number
  readonly what: string
  readonly remedy: string
}

const FEWEST_WORDS = 4
const MOST_WORDS = 14
const LONGEST_LINE = 140
const CONTINUES = /^(?:is|are|has|so|and|but|what|who)\b/i

/** @returns the findings in one file, by line */
export function findingsIn(file: string, text: string): readonly Finding[] {
  return passagesIn(file, text)
    .flatMap((passage) => [
      ...nameFindings(passage),
      ...wordFindings(passage),
      ...lengthFindings(passage),
    ])
    .toSorted((a, b) => a.line - b.line)
}

function nameFindings({ kind, line, text }: Passage): Finding[] {
  if (kind !== 'test') return []
  const remedy = 'write a sentence with subject, verb and condition'
  const words = text.trim().split(/\s+/).length
  if (words < FEWEST_WORDS) {
    return [{ line, what: `test name of fewer than ${FEWEST_WORDS} words: ${text}`, remedy }]
  }
  if (words > MOST_WORDS) {
    return [
      { line, what: `test name of ${words} words: ${text}`, remedy: 'write at most 12 words' },
    ]
  }
  const first = CONTINUES.exec(text)?.[0]
  return first === undefined
    ? []
    : [{ line, what: `test name starts with "${first}": ${text}`, remedy }]
}

function wordFindings({ line, text }: Passage): Finding[] {
  const prose = text.replace(/`[^`]*`/g, '')
  return PRIVATE_WORDS.flatMap(({ pattern, say }) => {
    const word = pattern.exec(prose)?.[0]
    return word === undefined
      ? []
      : [{ line, what: `private word "${word}"`, remedy: `say ${say}` }]
  })
}

function lengthFindings({ kind, line, text }: Passage): Finding[] {
  if (kind === 'test' || text.length <= LONGEST_LINE) return []
  return [
    { line, what: `line of ${text.length} characters`, remedy: `break it before ${LONGEST_LINE}` },
  ]
}
