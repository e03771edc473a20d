import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { command, configFile } from '../../support/cli.ts'
import { send } from '../../support/client.ts'
import { startGateway } from '../../support/gateway.ts'
import { SECRET } from '../../support/tokens.ts'

const UPSTREAMS = [{ name: 'a', url: 'http://127.0.0.1:9' }]
const HS = [{ alg: 'HS256', secret: SECRET, kid: 'k1' }]

function withAuth(auth: object): string {
  return configFile({ upstreams: UPSTREAMS, auth: { mode: 'jwt', ...auth } })
}

function partsOf(token: string): { header: unknown; claims: Record<string, unknown> } {
  const [header = '', claims = ''] = token.trim().split('.')
  const decode = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  return { header: decode(header), claims: decode(claims) }
}

/** Writes a private key beside the configuration; returns its file and the public key. */
function privateKeyBeside(config: string) {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const file = join(dirname(config), 'private.pem')
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  return { file, publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString() }
}

describe('token', () => {
  test('token prints a token that the configured gateway accepts', async () => {
    const upstream = await startAgentOs()
    const auth = {
      mode: 'jwt',
      authorization: true,
      scopes_claim: 'permissions',
      issuer: 'https://issuer.example.com',
      verify_audience: true,
      audience: ['the-gateway', 'another'],
      keys: HS,
    }
    const document = { upstreams: [{ name: 'a', url: upstream.url }], auth }
    const gateway = await startGateway(document, { ready: ['a'] })
    const config = configFile(document)
    const [reader, other] = await Promise.all([
      command(['token', '-c', config, '--scope', 'agents:read,teams:read', '--sub', 'ada']),
      command(['token', '-c', config]),
    ])
    expect(reader).toMatchObject({ code: 0, stderr: '' })
    const { header, claims } = partsOf(reader.stdout)
    expect(header).toMatchObject({ alg: 'HS256', kid: 'k1' })
    expect(claims).toEqual({
      sub: 'ada',
      aud: 'the-gateway',
      iss: 'https://issuer.example.com',
      permissions: ['agents:read', 'teams:read'],
      iat: expect.any(Number),
      exp: (claims['iat'] as number) + 3600,
    })
    const headers = { authorization: `Bearer ${reader.stdout.trim()}` }
    expect((await send(`${gateway.url}/agents`, { headers })).status).toBe(200)
    expect(other.code).toBe(0)
    expect(other.stderr).toContain('has no scope')
  })

  test('token takes claims from arguments and warns about mismatches', async () => {
    const config = withAuth({ verify_audience: true, issuer: 'x', keys: HS })
    const { code, stdout, stderr } = await command(
      ['token', '-c', config, '--aud', 'other', '--iss', 'y', '--expires-in', '90s'].concat([
        '--claim',
        'email=a@example.com',
        '--claim',
        'roles=["a"]',
      ]),
    )
    expect(code).toBe(0)
    const { claims } = partsOf(stdout)
    expect(claims).toMatchObject({ aud: 'other', iss: 'y', email: 'a@example.com', roles: ['a'] })
    expect(Number(claims['exp']) - Number(claims['iat'])).toBe(90)
    expect(stderr).toContain('requires the audience agentos-gateway')
    expect(stderr).toContain('requires the issuer x')
  })

  test('token requires the private key when only public keys are configured', async () => {
    const plain = withAuth({ keys: HS })
    const { file, publicPem } = privateKeyBeside(plain)
    const config = withAuth({ keys: [{ alg: 'PS256', kid: 'p1', public_key: publicPem }] })
    const other = privateKeyBeside(config)
    const [none, signed, wrong, unfit] = await Promise.all([
      command(['token', '-c', config]),
      command(['token', '-c', config, '--key-file', file]),
      command(['token', '-c', config, '--key-file', other.file]),
      command(['token', '-c', config, '--key-file', file, '--alg', 'ES256']),
    ])
    expect(none).toMatchObject({ code: 1, stdout: '' })
    expect(none.stderr).toContain(
      'only public keys, which cannot sign: give the private key of PS256 (kid p1)',
    )
    expect(partsOf(signed.stdout).header).toMatchObject({ alg: 'PS256', kid: 'p1' })
    expect(signed).toMatchObject({ code: 0, stderr: '' })
    expect(wrong.stderr).toContain('no key of the configuration verifies this token')
    expect(unfit).toMatchObject({ code: 1, stdout: '' })
  })

  test('token explains that fetched keys cannot sign', async () => {
    const config = withAuth({ jwks_url: 'https://issuer.example.com/jwks.json' })
    const { code, stderr } = await command(['token', '-c', config])
    expect([code, stderr]).toEqual([1, expect.stringContaining('only that issuer can sign')])
  })

  test('token needs no configuration when a key is given', async () => {
    const directory = dirname(configFile({}, 'unused.yaml'))
    const [signed, none, both] = await Promise.all([
      command(['token', '--secret', SECRET], { cwd: directory }),
      command(['token'], { cwd: directory }),
      command(['token', '--secret', SECRET, '--key-file', 'x'], { cwd: directory }),
    ])
    expect(partsOf(signed.stdout)).toMatchObject({
      header: { alg: 'HS256' },
      claims: { sub: 'test-user' },
    })
    expect(none).toMatchObject({ code: 78, stderr: expect.stringContaining('gateway.yaml') })
    expect(both.code).toBe(64)
  })

  test.each([
    [['--expires-in', 'soon'], '--expires-in needs a duration'],
    [['--claim', 'nothing'], '--claim needs NAME=VALUE'],
    [['--key-file', '/nowhere'], '--key-file /nowhere cannot be read: no such file'],
  ])('token refuses the arguments %j', async (args, words) => {
    const { code, stderr } = await command(['token', '-c', withAuth({ keys: HS }), ...args])
    expect([code, stderr]).toEqual([64, expect.stringContaining(words)])
  })
})
