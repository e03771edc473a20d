import { expect, test } from 'vitest'
import { publicUrl } from '../../../src/relay/public-url.ts'

const request = (url: string | undefined) => ({
  protocol: 'http',
  host: 'gateway.internal:8080',
  gateway: { config: { publicUrl: url } },
})

test('The configured public URL replaces the host of the request', () => {
  const url = 'https://agents.example.com/base'
  expect(publicUrl(request(url))).toBe(url)
})

test('Without a public URL the request names the host', () => {
  expect(publicUrl(request(undefined))).toBe('http://gateway.internal:8080')
})
