import { expect, test } from 'vitest'
import { Transcript } from '../../../../src/remote/a2a/transcript.ts'

/** What is told of each status message in turn. */
function told(...statuses: string[]): { told: string[]; transcript: Transcript } {
  const transcript = new Transcript()
  return { told: statuses.map((text) => transcript.status(text)), transcript }
}

test('pieces are told as they come', () => {
  expect(told('You ', 'said ', 'it').told).toEqual(['You ', 'said ', 'it'])
})

test('the whole of several pieces is not told again', () => {
  const { told: parts, transcript } = told('You ', 'said', 'You said')
  expect(parts).toEqual(['You ', 'said', ''])
  expect(transcript.artifact('a', 'You said', false)).toBe('')
  expect(transcript.text).toBe('You said')
})

test('what comes behind a whole begins anew', () => {
  const { told: parts, transcript } = told('a', 'b', 'ab', 'c', 'd', 'cd', 'cd')
  expect(parts).toEqual(['a', 'b', '', 'c', 'd', '', 'cd'])
  expect(transcript.text).toBe('abcdcd')
})

test('the whole of a single piece is not told again', () => {
  const { told: parts, transcript } = told('Hi', 'Hi')
  expect(parts).toEqual(['Hi', ''])
  expect(transcript.artifact('a', 'Hi', false)).toBe('')
  expect(transcript.text).toBe('Hi')
})

test('two equal pieces at the beginning are both told, once it shows that they are pieces', () => {
  expect(told('ha', 'ha', 'haha').told).toEqual(['ha', '', 'ha'])
  expect(told('ha', 'ha', '!', 'haha!').told).toEqual(['ha', '', 'ha!', ''])
})

test('equal pieces further on are all told', () => {
  expect(told('so ', 'very ', 'very ', 'very ', 'so very very very ').told).toEqual([
    'so ',
    'very ',
    'very ',
    'very ',
    '',
  ])
})

test('an artifact that repeats the last message, the last whole or everything is not told', () => {
  const { transcript } = told('first. ', 'second.')
  expect(transcript.artifact('a', 'second.', false)).toBe('')
  expect(transcript.artifact('b', 'first. second.', false)).toBe('')
  expect(transcript.artifact('c', 'ond.', false)).toBe('ond.')
})

test('an artifact grows by what is appended, and its whole is not told again', () => {
  const transcript = new Transcript()
  expect(transcript.artifact('a', 'one ', false)).toBe('one ')
  expect(transcript.artifact('a', 'two ', true)).toBe('two ')
  expect(transcript.artifact('a', 'two ', true)).toBe('two ')
  expect(transcript.artifact('a', 'one two two three', false)).toBe('three')
  expect(transcript.artifacts).toBe('one two two three')
})

test('several artifacts are lines of the result', () => {
  const transcript = new Transcript()
  transcript.artifact('a', 'one', false)
  transcript.artifact('b', 'two', false)
  expect(transcript.artifacts).toBe('one\ntwo')
})

test('of a final text only what is missing is told', () => {
  const transcript = new Transcript()
  expect(transcript.piece('You ')).toBe('You ')
  expect(transcript.whole('You said')).toBe('said')
  expect(transcript.whole('Something else')).toBe('')
})

test('nothing is told of nothing', () => {
  const transcript = new Transcript()
  expect(transcript.status('') + transcript.piece('') + transcript.whole('')).toBe('')
})

test('a text without end is refused', () => {
  const transcript = new Transcript()
  const much = 'x'.repeat(16 * 1024 * 1024)
  transcript.piece(much)
  transcript.piece(much)
  expect(() => transcript.piece('x')).toThrow('more than 33554432 characters')
})
