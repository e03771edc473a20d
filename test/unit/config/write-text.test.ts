import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeText } from '../../../config/write-text.ts'
import { temporaryDirectory } from '../../support/certificates.ts'

test('an existing file is replaced only when overwriting is allowed', () => {
  const file = join(temporaryDirectory(), 'a.yaml')
  expect(writeText(file, 'first', false)).toBe(true)
  expect(writeText(file, 'second', false)).toBe(false)
  expect(readFileSync(file, 'utf8')).toBe('first')
  expect(writeText(file, 'third', true)).toBe(true)
  expect(readFileSync(file, 'utf8')).toBe('third')
})

test('a failed write throws an error that gives the reason', () => {
  expect(() => writeText(join(temporaryDirectory(), 'no', 'a.yaml'), '', true)).toThrow(
    'cannot be written: no such directory',
  )
})
