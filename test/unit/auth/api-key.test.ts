import { expect, test } from 'vitest'
import { apiKeyDigest, createApiKey, isApiKey } from '../../../src/auth/api-key.ts'

test('an API key has a prefix, 43 random digits and 6 of a checksum', () => {
  const key = createApiKey()
  expect(key).toMatch(/^agw_[0-9A-Za-z]{49}$/)
  expect(isApiKey(key)).toBe(true)
  expect(createApiKey()).not.toBe(key)
})

test('the smallest and the largest random number keep the length', () => {
  const [least, most] = [createApiKey(Buffer.alloc(32, 0)), createApiKey(Buffer.alloc(32, 0xff))]
  expect(least.slice(4, -6)).toBe('0'.repeat(43))
  expect([least.length, most.length]).toEqual([53, 53])
  expect([isApiKey(least), isApiKey(most)]).toEqual([true, true])
})

test('a key of another form or with a wrong digit is refused', () => {
  const key = createApiKey(Buffer.alloc(32, 7))
  const swapped = key.slice(0, 10) + key.charAt(11) + key.charAt(10) + key.slice(12)
  const wrong = ['', 'agw_', key.slice(1), key.slice(0, -1), `${key}0`, `${key}\n`, ` ${key}`]
  for (const text of [...wrong, key.toUpperCase(), key.replace(/.$/, '_'), swapped]) {
    expect(isApiKey(text), text).toBe(false)
  }
})

test('the digest is the SHA-256 that other programs print', () => {
  expect(apiKeyDigest('test')).toBe(
    '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  )
})
