/** Random configuration files: each is accepted or refused with positions, and no other error is thrown. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { ConfigError } from '../../config/config-error.ts'
import { interpolateText } from '../../config/interpolate.ts'
import { keysOfSet } from '../../config/jwk.ts'
import { loadConfigText } from '../../config/load.ts'
import { parseConfig } from '../../config/parse.ts'
import { parseDuration, parseSize } from '../../config/units.ts'
import { holds, madeOf } from './property.ts'

const EXAMPLE = readFileSync(join(import.meta.dirname, '../../config/gateway.example.yaml'), 'utf8')
const KEYS = [
  ...['id', 'upstreams', 'agents', 'teams', 'workflows', 'listen', 'auth', 'cors', 'log', 'name'],
  ...['url', 'urls', 'base_url', 'upstream', 'agent_id', 'team_id', 'prefix', 'policy', 'hash'],
  ...['credentials', 'mint', 'bearer', 'mode', 'keys', 'alg', 'secret', 'jwks_url', 'timeout'],
  ...['rate_limit', 'max', 'window', 'tls', 'headers', 'cookies', 'store', 'affinity', 'weights'],
]
const scalars = fc.oneof(
  fc.constantFrom(
    'http://a',
    'http://a/',
    'jwt',
    'none',
    'a',
    '5s',
    '1MiB',
    'HS256',
    'x'.repeat(40),
  ),
  fc.constantFrom(0, 1, -1, 1.5, true, null, 'redis://:p@h', '*', ''),
  fc.string(),
)
const documents = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    scalars,
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie('any'), { maxKeys: 6 }),
  ),
})).any

/** Checks that a file is accepted, or refused with at least one located issue. */
function judge(source: string): void {
  try {
    loadConfigText(source, '/nowhere/gateway.yaml', { HOME: '/root' })
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    const { message } = error as ConfigError
    expect(message).toMatch(/gateway\.yaml/)
  }
}

describe('random configurations', () => {
  holds(
    'a configuration of any shape is accepted or refused with reasons',
    10_000,
    documents,
    (document) => {
      const result = parseConfig(document)
      if ('config' in result) expect(Object.isFrozen(result.config)).toBe(true)
      else expect(result.issues.length).toBeGreaterThan(0)
    },
  )

  const edits = fc.tuple(
    fc.nat({ max: EXAMPLE.length }),
    fc.nat({ max: 60 }),
    fc.oneof(
      fc.constantFrom(
        '',
        ':',
        ' ',
        '\n',
        '- ',
        '&a',
        '*a',
        '"',
        '{',
        '${',
        '${X}',
        '\t',
        '!!js',
        '|',
      ),
      fc.string(),
    ),
  )
  holds(
    'the example with a replaced piece is accepted or refused',
    2_000,
    edits,
    ([at, length, piece]) => {
      judge(EXAMPLE.slice(0, at) + piece + EXAMPLE.slice(at + length))
    },
  )

  const yaml = madeOf(
    [
      ...KEYS.map((key) => `${key}:`),
      ' ',
      '\n',
      '  ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      ',',
      '"',
      "'",
      '&a ',
      '*a ',
      '#',
      '|',
      '>',
      '? ',
      '%',
      '\u0000',
      'http://a',
    ],
    25,
  )
  holds('a configuration made of YAML pieces is accepted or refused', 10_000, yaml, (source) =>
    judge(source.toString('latin1')),
  )

  holds(
    'variables in any text are replaced or reported as broken',
    10_000,
    madeOf(['${', '}', ':-', 'HOME', 'X', '$', '$$', '{', 'a', '-'], 12),
    (source) => {
      const text = source.toString()
      const result = interpolateText(text, { HOME: '/root' })
      if (!text.includes('$')) expect(result).toEqual(interpolateText(text, {}))
    },
  )

  holds(
    'durations and sizes are non-negative numbers or refused',
    5_000,
    fc.oneof(
      fc.string(),
      fc.double(),
      madeOf(['1', '.', 's', 'ms', 'MiB', ' ', '-', 'e'], 6).map(String),
    ),
    (value) => {
      for (const parse of [parseDuration, parseSize]) {
        const parsed = parse(value)
        expect(parsed === undefined || (Number.isFinite(parsed) && parsed >= 0)).toBe(true)
      }
    },
  )
})

const jwks = fc.oneof(
  fc.jsonValue(),
  fc.record({
    keys: fc.array(
      fc.dictionary(
        fc.constantFrom(
          'kty',
          'kid',
          'alg',
          'use',
          'key_ops',
          'n',
          'e',
          'k',
          'x',
          'y',
          'crv',
          'x5c',
        ),
        fc.oneof(
          fc.constantFrom(
            'RSA',
            'EC',
            'oct',
            'OKP',
            'P-256',
            'RS256',
            'none',
            'AQAB',
            'sig',
            'enc',
            '',
          ),
          fc.jsonValue(),
        ),
      ),
      { maxLength: 4 },
    ),
  }),
)
holds(
  'a key set of any shape is accepted, partly accepted or refused',
  10_000,
  fc.tuple(jwks, fc.boolean()),
  ([document, shared]) => {
    const set = keysOfSet(document, shared)
    expect(set === undefined || typeof set === 'object').toBe(true)
  },
)
