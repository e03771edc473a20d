import { expect, test } from 'vitest'
import { Caller } from '../../../src/auth/caller.ts'

const subjectOf = (sub: string) =>
  new Caller('Bearer t', { kind: 'verified', claims: { sub } }).subject

test('the subject of a verified caller is its `sub`', () => {
  expect(subjectOf('ada@example.org')).toBe('ada@example.org')
})

test('a caller without a verified `sub` has no subject', () => {
  const claims = { sub: 'ada' }
  expect(new Caller('Bearer t').subject).toBeUndefined()
  expect(new Caller('Bearer t', { kind: 'root' }).subject).toBeUndefined()
  expect(new Caller('Bearer t', { kind: 'verified', claims: {} }).subject).toBeUndefined()
  expect(new Caller('Bearer t', { kind: 'service-account', claims }).subject).toBeUndefined()
  expect(subjectOf('')).toBeUndefined()
})

test('a long subject is cut after 128 characters', () => {
  expect(subjectOf('x'.repeat(128))).toBe('x'.repeat(128))
  expect(subjectOf('x'.repeat(100_000))).toBe(`${'x'.repeat(127)}…`)
  expect(subjectOf(`${'x'.repeat(126)}😀😀`)).toBe(`${'x'.repeat(126)}\uFFFD…`)
})

test('control characters of a subject are replaced', () => {
  expect(subjectOf('a\nb\u001b[2J\u202e')).toBe('a\uFFFDb\uFFFD[2J\uFFFD')
})
