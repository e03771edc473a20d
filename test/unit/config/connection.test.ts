import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parseConfig } from '../../../config/parse.ts'
import { configOf, issuesOf, UPSTREAM } from './support.ts'

const AUTH = { mode: 'jwt', keys: [{ alg: 'HS256', secret: 's' }] }
const MINT = { alg: 'HS256', secret: 'k', audience: 'os' }

const withMint = (mint: object) => ({
  auth: AUTH,
  upstreams: [{ ...UPSTREAM, credentials: { mint } }],
})

describe('credentials: mint', () => {
  test('omitted keys of mint get their defaults', () => {
    expect(configOf(withMint(MINT)).upstreams[0]?.credentials).toEqual({
      kind: 'mint',
      alg: 'HS256',
      key: 'k',
      kid: undefined,
      audience: 'os',
      issuer: 'agentos-gateway',
      ttlMs: 60_000,
      claims: [],
    })
  })

  test('mint accepts a private key only for the matching algorithm', () => {
    const directory = mkdtempSync(join(tmpdir(), 'mint-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const pem = privateKey.export({ type: 'sec1', format: 'pem' }).toString()
    writeFileSync(join(directory, 'key.pem'), pem)
    const parse = (alg: string) =>
      parseConfig(withMint({ alg, private_key_file: 'key.pem', audience: 'os' }), directory)
    const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    expect(parse('ES256')).toMatchObject({
      config: { upstreams: [{ credentials: { alg: 'ES256', key: pkcs8 } }] },
    })
    expect(parse('RS256')).toMatchObject({
      issues: [{ message: 'private_key_file does not fit RS256' }],
    })
  })

  test.each([
    [{ ...MINT, secret: undefined }, 'mint with HS256 needs either secret or secret_file'],
    [{ ...MINT, secret_file: 'f' }, 'mint with HS256 needs either secret or secret_file'],
    [{ ...MINT, alg: 'RS256' }, 'mint with RS256 needs private_key_file'],
    [
      { alg: 'RS256', audience: 'os', private_key_file: 'package.json' },
      'private_key_file is not a PEM private key',
    ],
    [
      { ...MINT, secret: undefined, secret_file: 'none' },
      `${resolve('none')} cannot be read: no such file`,
    ],
  ])('mint refuses invalid credentials: case %#', (mint, message) => {
    expect(issuesOf(withMint(mint))).toEqual([`upstreams[0].credentials: ${message}`])
  })

  test.each([undefined, { mode: 'none' }])(
    'mint is refused with auth %j because no caller is identified',
    (auth) => {
      expect(issuesOf({ ...withMint(MINT), auth })).toEqual([
        'upstreams[0].credentials: mint needs auth.mode: jwt or api_key, because tokens are minted for verified callers',
      ])
    },
  )
})

describe('the other keys of a connection', () => {
  test.each([
    [{ credentials: {} }, 'credentials: write bearer or mint'],
    [
      { service_accounts: true, credentials: 'none' },
      "service_accounts: needs credentials: forward, because the upstream verifies the callers' tokens",
    ],
    [{ tls: { cert_file: 'x' } }, 'tls: cert_file and key_file need each other'],
    [{ tls: { ca_file: 'package.json' } }, 'tls: ca_file is not a PEM certificate'],
    [
      { headers: { Host: 'x' } },
      'headers.Host: expected a mapping of header names and values, without those that the connection or the gateway sets itself',
    ],
    [
      { headers: { 'x-a': 'b\r\nx-c: d' } },
      'headers.x-a: expected a header value: text without line breaks',
    ],
  ])('an upstream with %j is refused', (keys, issue) => {
    const [found] = issuesOf({ upstreams: [{ ...UPSTREAM, ...keys }] })
    expect(found).toBe(`upstreams[0].${issue}`)
  })

  test('configured headers keep their order', () => {
    const headers = { 'x-b': '1', 'x-a': 'ü' }
    const [upstream] = configOf({ upstreams: [{ ...UPSTREAM, headers }] }).upstreams
    expect(upstream?.headers).toEqual(['x-b', '1', 'x-a', 'ü'])
  })
})
