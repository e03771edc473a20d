/** Configuration files: every one is taken, or every mistake in it is told with its place; nothing else is ever thrown. */
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

/** A file is taken, or refused with at least one mistake that has a place. */
function judge(source: string): void {
  try {
    loadConfigText(source, '/nowhere/gateway.yaml', { HOME: '/root' })
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    const { message } = error as ConfigError
    expect(message).toMatch(/gateway\.yaml/)
  }
}

describe('a configuration', () => {
  holds('of any shape is taken or refused with reasons', 10_000, documents, (document) => {
    const result = parseConfig(document)
    if ('config' in result) expect(Object.isFrozen(result.config)).toBe(true)
    else expect(result.issues.length).toBeGreaterThan(0)
  })

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
    'that is the example with a piece replaced is taken or refused',
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
  holds('of pieces of YAML is taken or refused', 10_000, yaml, (source) =>
    judge(source.toString('latin1')),
  )

  holds(
    'is read with its variables, or the mistake is told',
    10_000,
    madeOf(['${', '}', ':-', 'HOME', 'X', '$', '$$', '{', 'a', '-'], 12),
    (source) => {
      const text = source.toString()
      const result = interpolateText(text, { HOME: '/root' })
      if (!text.includes('$')) expect(result).toEqual(interpolateText(text, {}))
    },
  )

  holds(
    'has durations and sizes that are numbers, or none',
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
  'a key set of any shape is taken, in part or not at all',
  10_000,
  fc.tuple(jwks, fc.boolean()),
  ([document, shared]) => {
    const set = keysOfSet(document, shared)
    expect(set === undefined || typeof set === 'object').toBe(true)
  },
)
