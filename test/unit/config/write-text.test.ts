import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeText } from '../../../config/write-text.ts'
import { temporaryDirectory } from '../../support/certificates.ts'

test('a file that is there is replaced only where that is allowed', () => {
  const file = join(temporaryDirectory(), 'a.yaml')
  expect(writeText(file, 'first', false)).toBe(true)
  expect(writeText(file, 'second', false)).toBe(false)
  expect(readFileSync(file, 'utf8')).toBe('first')
  expect(writeText(file, 'third', true)).toBe(true)
  expect(readFileSync(file, 'utf8')).toBe('third')
})

test('a file that can not be written is an error with the reason', () => {
  expect(() => writeText(join(temporaryDirectory(), 'no', 'a.yaml'), '', true)).toThrow(
    'can not be written: ENOENT',
  )
})
