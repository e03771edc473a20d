import { expect, test } from 'vitest'
import { Transcript } from '../../../src/a2a/transcript.ts'

/** Feeds status messages to a transcript; returns the new text of each. */
function returned(...statuses: string[]): { returned: string[]; transcript: Transcript } {
  const transcript = new Transcript()
  return { returned: statuses.map((text) => transcript.status(text)), transcript }
}

test('pieces of text are returned as they arrive', () => {
  expect(returned('You ', 'said ', 'it').returned).toEqual(['You ', 'said ', 'it'])
})

test('a whole text after its pieces adds nothing', () => {
  const { returned: parts, transcript } = returned('You ', 'said', 'You said')
  expect(parts).toEqual(['You ', 'said', ''])
  expect(transcript.artifact('a', 'You said', false)).toBe('')
  expect(transcript.text).toBe('You said')
})

test('pieces after a whole text start a new text', () => {
  const { returned: parts, transcript } = returned('a', 'b', 'ab', 'c', 'd', 'cd', 'cd')
  expect(parts).toEqual(['a', 'b', '', 'c', 'd', '', 'cd'])
  expect(transcript.text).toBe('abcdcd')
})

test('a whole text after a single piece adds nothing', () => {
  const { returned: parts, transcript } = returned('Hi', 'Hi')
  expect(parts).toEqual(['Hi', ''])
  expect(transcript.artifact('a', 'Hi', false)).toBe('')
  expect(transcript.text).toBe('Hi')
})

test('a repeated first piece is added once later pieces confirm it', () => {
  expect(returned('ha', 'ha', 'haha').returned).toEqual(['ha', '', 'ha'])
  expect(returned('ha', 'ha', '!', 'haha!').returned).toEqual(['ha', '', 'ha!', ''])
})

test('equal pieces after the first are all added', () => {
  expect(returned('so ', 'very ', 'very ', 'very ', 'so very very very ').returned).toEqual([
    'so ',
    'very ',
    'very ',
    'very ',
    '',
  ])
})

test('an artifact that repeats earlier text adds nothing', () => {
  const { transcript } = returned('first. ', 'second.')
  expect(transcript.artifact('a', 'second.', false)).toBe('')
  expect(transcript.artifact('b', 'first. second.', false)).toBe('')
  expect(transcript.artifact('c', 'ond.', false)).toBe('ond.')
})

test('an artifact grows by appended text and its repeated whole adds nothing', () => {
  const transcript = new Transcript()
  expect(transcript.artifact('a', 'one ', false)).toBe('one ')
  expect(transcript.artifact('a', 'two ', true)).toBe('two ')
  expect(transcript.artifact('a', 'two ', true)).toBe('two ')
  expect(transcript.artifact('a', 'one two two three', false)).toBe('three')
  expect(transcript.artifacts).toBe('one two two three')
})

test('several artifacts are joined by line breaks in the result', () => {
  const transcript = new Transcript()
  transcript.artifact('a', 'one', false)
  transcript.artifact('b', 'two', false)
  expect(transcript.artifacts).toBe('one\ntwo')
})

test('only the missing part of a final text is added', () => {
  const transcript = new Transcript()
  expect(transcript.piece('You ')).toBe('You ')
  expect(transcript.whole('You said')).toBe('said')
  expect(transcript.whole('Something else')).toBe('')
})

test('empty texts add nothing to the transcript', () => {
  const transcript = new Transcript()
  expect(transcript.status('') + transcript.piece('') + transcript.whole('')).toBe('')
})

test('text beyond 32 Mi characters is refused', () => {
  const transcript = new Transcript()
  const much = 'x'.repeat(16 * 1024 * 1024)
  transcript.piece(much)
  transcript.piece(much)
  expect(() => transcript.piece('x')).toThrow('more than 33554432 characters')
})
