import { describe, expect, test } from 'vitest'
import { configOf, issuesOf, UPSTREAM } from './support.ts'

const DURATION = 'expected a duration such as 30 or "30s", above 0 and at most 24 days'
const DURATION_OR_ZERO = 'expected a duration such as 30 or "30s", at most 24 days'
const URL = 'expected an http:// or https:// address such as http://localhost:7777'
const ID =
  'expected an id: text without "/", line breaks or blanks around it (in quotes when it looks like a number)'
const TEXT = 'expected text (in quotes when it looks like a number)'
const ORIGIN = 'expected "*" or an origin such as https://app.example.com, without a path'
const TOKEN = 'expected a token without blanks or line breaks, and without the word Bearer'
const NAME =
  'expected a name of up to 64 letters, digits, ".", "_" or "-", starting with a letter or digit'

describe('a wrong value of a top-level key says what to write', () => {
  test.each([
    [{ id: 5 }, `id: ${TEXT}`],
    [{ id: ' ' }, `id: ${TEXT}`],
    [{ timeout: 'soon' }, `timeout: ${DURATION}`],
    [{ timeout: 0 }, `timeout: ${DURATION}`],
    [{ timeout: Number.POSITIVE_INFINITY }, `timeout: ${DURATION}`],
    [{ heartbeat: [] }, `heartbeat: ${DURATION_OR_ZERO}`],
    [
      { max_body_size: '10 lots' },
      'max_body_size: expected a size such as 65536 or "64KiB", at least 1 byte',
    ],
    [
      { max_header_size: 10 },
      'max_header_size: expected a size such as 65536 or "64KiB", at least 1024 bytes',
    ],
    [{ failover_body_limit: -1 }, 'failover_body_limit: expected a size such as 65536 or "64KiB"'],
    [{ listen: 8080 }, 'listen: expected a mapping of keys'],
    [{ listen: { port: 'http' } }, 'listen.port: expected a port number from 0 to 65535'],
    [{ listen: { port: 1.5 } }, 'listen.port: expected a port number from 0 to 65535'],
    [{ listen: { port: '65536' } }, 'listen.port: expected a port number from 0 to 65535'],
    [{ listen: { host: '' } }, 'listen.host: expected an address such as 127.0.0.1 or 0.0.0.0'],
    [
      { log: { level: 'loud' } },
      'log.level: expected one of fatal, error, warn, info, debug, trace, silent',
    ],
    [{ cors: { origins: 'https://a' } }, 'cors.origins: expected a list'],
    [{ cors: { origins: ['https://a/b'] } }, `cors.origins[0]: ${ORIGIN}`],
    [{ cors: { origins: ['a.example.com'] } }, `cors.origins[0]: ${ORIGIN}`],
    [
      { cors: { origins: ['*', 'https://a'] } },
      'cors.origins: "*" allows every origin without credentials: list either "*" or origins',
    ],
    [{ auth: { mode: 'basic' } }, 'auth.mode: expected one of none, jwt, api_key, security_key'],
    [
      { auth: { keys: [{}] } },
      'auth.keys[0].alg: missing, expected one of HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA',
    ],
    [
      { auth: { verify_audience: 1 } },
      'auth.verify_audience: expected true or false; did you mean "true"?',
    ],
  ])('the top-level value %j is refused with the expected form', (document, issue) => {
    expect(issuesOf({ upstreams: [UPSTREAM], ...document })).toEqual([issue])
  })

  test.each(['nonsense', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/', '::1/129', '10.0.0/8'])(
    'the trusted proxy %j is refused with the expected form',
    (block) => {
      expect(issuesOf({ upstreams: [UPSTREAM], listen: { trusted_proxies: [block] } })).toEqual([
        'listen.trusted_proxies[0]: expected an IP address or a CIDR block such as 10.0.0.0/8',
      ])
    },
  )
})

describe('a wrong value in an upstream says what to write', () => {
  test.each([
    [{ name: undefined }, `name: missing, ${NAME}`],
    [{ name: 'a b' }, `name: ${NAME}`],
    [{ name: '.hidden' }, `name: ${NAME}`],
    [{ name: 'x'.repeat(65) }, `name: ${NAME}`],
    [{ url: 'localhost:7777' }, `url: ${URL}; did you mean "http://localhost:7777"?`],
    [{ url: 'ftp://a' }, `url: ${URL}`],
    [{ url: 'http://' }, `url: ${URL}`],
    [
      { url: 'http://u:secret@a' },
      'url: must not hold a user or password, write credentials: { bearer: TOKEN } instead',
    ],
    [{ url: 'http://a?' }, 'url: must not hold a query or fragment'],
    [{ url: 'http://a#b' }, 'url: must not hold a query or fragment'],
    [{ urls: [] }, 'urls: expected at least one URL'],
    [{ urls: 'http://a' }, 'urls: expected a list'],
    [{ discover: 'yes' }, 'discover: expected true or false; did you mean "true"?'],
    [{ prefix: 'a/' }, 'prefix: expected up to 64 letters, digits, ".", "_", "-", "~" or ":"'],
    [
      { credentials: 'pass' },
      'credentials: expected forward, none, { bearer: TOKEN } or { mint: { alg, secret, audience } }',
    ],
    [{ credentials: { bearer: 'Bearer x' } }, `credentials.bearer: ${TOKEN}`],
    [{ credentials: { bearer: null } }, 'credentials: write bearer or mint'],
    [{ config_token: 'a\nb' }, `config_token: ${TOKEN}`],
    [{ config_ttl: 0 }, `config_ttl: ${DURATION}`],
  ])('an upstream with %j is refused with the expected form', (keys, issue) => {
    expect(issuesOf({ upstreams: [{ ...UPSTREAM, ...keys }] })).toEqual([`upstreams[0].${issue}`])
  })
})

describe('a wrong component id says what to write', () => {
  test.each(['', 'a/b', '.', '..', ' a', 'a\n', 5])(
    'the component id %j is refused with the expected form',
    (id) => {
      expect(issuesOf({ agents: [{ base_url: 'http://a', agent_id: id }] })).toEqual([
        `agents[0].agent_id: ${ID}`,
      ])
    },
  )
})

describe('an unknown key is answered with a suggestion', () => {
  test.each([
    [{ maxBodySize: 1 }, 'maxBodySize: unknown key, did you mean "max_body_size"?'],
    [{ upstream: [] }, 'upstream: unknown key, did you mean "upstreams"?'],
    [{ listen: { prot: 1 } }, 'listen.prot: unknown key, did you mean "port"?'],
    [
      { log: { colour: 1 } },
      'log.colour: unknown key, expected one of level, format, level_format, time_format, areas, caller, file, access_file',
    ],
    [
      { 'a b': 1, log: null },
      expect.stringMatching(/^\["a b"\]: unknown key, expected one of \$schema, id, /),
    ],
  ])('the unknown key in %j is refused with a suggestion', (document, issue) => {
    expect(issuesOf({ upstreams: [UPSTREAM], ...document })).toEqual([issue])
  })

  test('an unknown key inside a value of several forms gets a suggestion', () => {
    const upstream = { ...UPSTREAM, credentials: { bearer: 'x', baerer: 'y' } }
    expect(issuesOf({ upstreams: [upstream] })).toEqual([
      'upstreams[0].credentials.baerer: unknown key, did you mean "bearer"?',
    ])
  })
})

describe('normalised values', () => {
  test.each([
    ['http://A.example.com:80/', 'http://a.example.com'],
    ['HTTPS://a/os//', 'https://a/os'],
    ['http://[::1]:7777', 'http://[::1]:7777'],
  ])('the address %s becomes %s in the configuration', (url, expected) => {
    expect(configOf({ upstreams: [{ name: 'a', url }] }).upstreams[0]?.urls).toEqual([expected])
  })

  test.each([
    ['https://App.example.com:443', 'https://app.example.com'],
    ['capacitor://Localhost', 'capacitor://localhost'],
    ['*', '*'],
  ])('the origin %s becomes %s in the configuration', (written, expected) => {
    expect(configOf({ cors: { origins: [written] } }).cors.origins).toEqual([expected])
  })

  test('IPv4 and IPv6 addresses and blocks are valid trusted proxies', () => {
    const blocks = ['10.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8']
    expect(configOf({ listen: { trusted_proxies: blocks } }).listen.trustedProxies).toEqual(blocks)
  })

  test('every limit, time and log key sets its configuration field', () => {
    const config = configOf({
      name: 'n',
      description: 'd',
      max_body_size: 1,
      failover_body_limit: 0,
      json_body_limit: '2KB',
      max_header_size: '1KiB',
      heartbeat: 0,
      drain_timeout: '1m',
      log: { level: 'debug', areas: { access: 'warn' }, file: 'a.log', access_file: 'b.log' },
    })
    expect(config).toMatchObject({
      name: 'n',
      description: 'd',
      // The limit of a JSON body never exceeds the limit of any body.
      limits: { maxBodyBytes: 1, failoverBodyBytes: 0, jsonBodyBytes: 1, maxHeaderBytes: 1024 },
      stream: { heartbeatMs: 0 },
      drainTimeoutMs: 60_000,
      log: { level: 'debug', areas: { access: 'warn' }, file: 'a.log', accessFile: 'b.log' },
    })
  })
})

test('no error message repeats a configured value', () => {
  const secret = 'hunter2-hunter2'
  const documents = [
    {
      id: [secret],
      timeout: secret,
      heartbeat: secret,
      max_body_size: secret,
      log: { level: secret },
    },
    {
      listen: { host: [secret], port: secret, trusted_proxies: [secret] },
      cors: { origins: [secret] },
    },
    { upstreams: [{ name: `${secret} `, url: secret, credentials: secret, prefix: `${secret}/` }] },
    { upstreams: [{ ...UPSTREAM, url: `http://u:${secret}@h`, config_token: ` ${secret}` }] },
    { upstreams: [{ ...UPSTREAM, credentials: { bearer: `Bearer ${secret}` } }] },
    { upstreams: [UPSTREAM], auth: { mode: 'jwt', keys: [{ alg: 'RS256', public_key: secret }] } },
    { upstreams: [UPSTREAM], auth: { mode: 'jwt', keys: [{ alg: secret, secret: [secret] }] } },
  ]
  for (const document of documents) {
    const issues = issuesOf(document)
    expect(issues).not.toEqual([])
    expect(issues.join()).not.toContain('hunter2')
  }
})
