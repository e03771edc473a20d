import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ConfigError } from '../../../config/config-error.ts'
import { loadConfig, loadConfigText } from '../../../config/load.ts'
import { DEFAULT_BALANCING } from '../../../config/types.ts'
import { messageOf } from './support.ts'

function fileWith(text: string, name = 'gateway.yaml'): string {
  const directory = mkdtempSync(join(tmpdir(), 'gateway-config-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, name)
  writeFileSync(file, text)
  return file
}

const SMALLEST = `
id: my-gateway
upstreams:
  - name: research
    url: http://research:7777
`

describe('loadConfig', () => {
  test('the smallest configuration file gets every default', () => {
    expect(loadConfig(fileWith(SMALLEST), {})).toMatchObject({
      affinity: { session: false, ttlMs: 86_400_000, size: 100_000 },
      store: undefined,
      id: 'my-gateway',
      name: undefined,
      description: undefined,
      listen: { host: '127.0.0.1', port: 8080, trustedProxies: [] },
      upstreams: [
        {
          name: 'research',
          urls: ['http://research:7777'],
          discover: true,
          prefix: '',
          databasePrefix: '',
          credentials: { kind: 'forward' },
          balancing: {
            ...DEFAULT_BALANCING,
            healthCheck: { path: '/health', intervalMs: 10_000, unhealthyFrom: 500 },
          },
          configToken: undefined,
          timeouts: {
            connectTimeoutMs: 5000,
            agentTimeoutMs: 60_000,
            teamTimeoutMs: 300_000,
            streamIdleTimeoutMs: 300_000,
            configTtlMs: 300_000,
          },
        },
      ],
      components: [],
      auth: {
        mode: 'none',
        keys: [],
        verifyAudience: false,
        audience: ['my-gateway'],
        clockToleranceMs: 10_000,
        tokenSource: 'header',
        cookieName: 'access_token',
      },
      cors: {
        origins: [
          'https://agno.com',
          'https://www.agno.com',
          'https://app.agno.com',
          'https://os.agno.com',
          'https://os-stg.agno.com',
          'http://localhost:3000',
        ],
      },
      limits: {
        maxBodyBytes: 2 * 1024 ** 3,
        failoverBodyBytes: 65_536,
        jsonBodyBytes: 10 * 1024 ** 2,
        maxHeaderBytes: 16_384,
      },
      listTimeoutMs: 5000,
      stream: { heartbeatMs: 15_000 },
      log: { level: 'info', file: undefined },
      drainTimeoutMs: 30_000,
    })
  })

  test('the loaded configuration is deeply frozen', () => {
    const config = loadConfig(fileWith(SMALLEST), {})
    expect(Object.isFrozen(config)).toBe(true)
    expect(Object.isFrozen(config.upstreams[0]?.timeouts)).toBe(true)
    expect(Object.isFrozen(config.cors.origins)).toBe(true)
  })

  test('a JSON file with tabs and a $schema key loads', () => {
    const json = {
      $schema: './gateway.schema.json',
      listen: { port: '${PORT}' },
      upstreams: [{ name: 'a', url: 'http://a', discover: '${DISCOVER:-false}' }],
    }
    const config = loadConfig(fileWith(JSON.stringify(json, null, '\t'), 'gateway.json'), {
      PORT: '99',
    })
    expect(config.listen.port).toBe(99)
    expect(config.upstreams[0]?.discover).toBe(false)
  })

  test('a missing configuration file is reported without a line number', () => {
    expect(messageOf(() => loadConfig('nowhere.yaml', {}))).toBe(
      'nowhere.yaml: cannot be read: no such file',
    )
  })

  test('a directory in place of the configuration file is reported', () => {
    expect(messageOf(() => loadConfig('config', {}))).toBe('config: cannot be read: is a directory')
  })

  test('relative key files are looked up beside the configuration file', () => {
    const file = fileWith(
      `${SMALLEST}auth: { mode: jwt, keys: [{ alg: HS256, secret_file: secret.txt }] }`,
    )
    writeFileSync(join(file, '..', 'secret.txt'), 'from a file\n')
    expect(loadConfig(file, {}).auth.keys).toEqual([
      { alg: 'HS256', kid: undefined, key: 'from a file' },
    ])
  })
})

describe('loadConfigText', () => {
  test('all configuration issues are reported in file order with their positions', () => {
    const text = `${SMALLEST}    urll: http://a\ntimeout: soon\nlisten: { port: 70000 }\n`
    try {
      loadConfigText(text, 'gateway.yaml', {})
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError)
      expect(error).toMatchObject({
        name: 'ConfigError',
        file: 'gateway.yaml',
        issues: [
          { path: 'upstreams[0].urll', line: 6, column: 5 },
          { path: 'timeout', line: 7, column: 1 },
          { path: 'listen.port', line: 8, column: 11 },
        ],
      })
    }
    expect(messageOf(() => loadConfigText(text, 'gateway.yaml', {}))).toBe(
      [
        'gateway.yaml:6:5 upstreams[0].urll: unknown key, did you mean "url"?',
        'gateway.yaml:7:1 timeout: expected a duration such as 30 or "30s", above 0 and at most 24 days; write',
        '    timeout: 30s',
        'gateway.yaml:8:11 listen.port: expected a port number from 0 to 65535; write',
        '    port: 8080',
      ].join('\n'),
    )
  })

  test('missing variables are reported with other mistakes, each position once', () => {
    const text =
      'upstreams: [{ name: a, url: "${A_URL}" }]\ntimeout: "${LIMIT}"\nlog: { levl: info }'
    expect(messageOf(() => loadConfigText(text, 'g.yaml', {}))).toBe(
      [
        'g.yaml:1:24 upstreams[0].url: the environment variable A_URL is not set and has no default (${A_URL:-…})',
        'g.yaml:2:1 timeout: the environment variable LIMIT is not set and has no default (${LIMIT:-…})',
        'g.yaml:3:8 log.levl: unknown key, did you mean "level"?',
      ].join('\n'),
    )
  })

  test('an environment variable can not add keys or list items', () => {
    const text = 'name: ${NAME}\nupstreams: [{ name: a, url: "http://a" }]'
    const config = loadConfigText(text, 'g.yaml', { NAME: 'x\nauth: { mode: none }' })
    expect(config.name).toBe('x\nauth: { mode: none }')
  })

  test('an empty key and an empty variable count as left out', () => {
    const text = 'agents:\nauth:\nupstreams: [{ name: a, url: "http://a", config_token: "${T:-}" }]'
    const config = loadConfigText(text, 'g.yaml', {})
    expect(config.components).toEqual([])
    expect(config.upstreams[0]?.configToken).toBeUndefined()
  })
})
