/** Suggests the intended value for a refused one. Never repeats text that may be secret. */
import { nearest } from './nearest.ts'
import { isPlain } from './plain-text.ts'

/** Words of other programs with the same meaning. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  warning: ['warn'],
  verbose: ['debug'],
  off: ['none', 'silent'],
  false: ['none', 'silent'],
  none: ['silent'],
  disabled: ['none', 'silent'],
  true: ['jwt'],
  bearer: ['jwt'],
  token: ['jwt'],
  apikey: ['api_key'],
  api_keys: ['api_key'],
  cancelled: ['cancel'],
  abort: ['cancel'],
  continue: ['detach'],
  roundrobin: ['round_robin'],
  rr: ['round_robin'],
  least_conn: ['least_inflight'],
  agno: ['agentos'],
  jsonrpc: ['json-rpc'],
  http: ['rest'],
}

const DURATION_UNITS: Readonly<Record<string, string>> = {
  milliseconds: 'ms',
  millisecond: 'ms',
  msecs: 'ms',
  msec: 'ms',
  seconds: 's',
  second: 's',
  secs: 's',
  sec: 's',
  minutes: 'm',
  minute: 'm',
  mins: 'm',
  min: 'm',
  hours: 'h',
  hour: 'h',
  hrs: 'h',
  hr: 'h',
}
const HOURS_PER_UNIT: Readonly<Record<string, number>> = {
  d: 24,
  day: 24,
  days: 24,
  w: 168,
  week: 168,
  weeks: 168,
}
const SIZE_UNITS: Readonly<Record<string, string>> = {
  k: 'KiB',
  kilobyte: 'KB',
  kilobytes: 'KB',
  m: 'MiB',
  megabyte: 'MB',
  megabytes: 'MB',
  g: 'GiB',
  gigabyte: 'GB',
  gigabytes: 'GB',
  byte: 'B',
  bytes: 'B',
}

/** Finds the intended word of a list. */
export function meantWord(given: unknown, words: readonly string[]): string | undefined {
  if (typeof given !== 'string' && typeof given !== 'boolean') return undefined
  const text = String(given).trim()
  const synonyms = SYNONYMS[text.toLowerCase().replaceAll('-', '_')] ?? []
  return synonyms.find((word) => words.includes(word)) ?? nearest(text, words)
}

const NUMBER_WORDS = 'zero one two three four five six seven eight nine ten'.split(' ')

/** Finds the intended whole number: a word, digits with separators, or digits in a text such as `:8080`. */
export function meantNumber(given: unknown): string | undefined {
  if (typeof given !== 'string') return undefined
  const text = given.trim().toLowerCase()
  const word = NUMBER_WORDS.indexOf(text)
  if (word !== -1) return String(word)
  const digits = /^\d{1,3}(?:[ _,']\d{3})+$/.test(text) ? text.replace(/\D/g, '') : text
  return /^:?(\d{1,9})(?:\/tcp)?$/.exec(digits)?.[1]
}

/** Finds the intended boolean: YAML 1.1 and shells have more words for true and false. */
export function meantFlag(given: unknown): string | undefined {
  // A mapping may have a key `toString`, which a conversion to text would call.
  if (typeof given === 'object') return undefined
  const text = String(given).trim().toLowerCase()
  if (/^(?:yes|y|on|1|enabled?|ja|oui)$/.test(text)) return 'true'
  return /^(?:no|n|off|0|disabled?|none)$/.test(text) ? 'false' : undefined
}

/** Finds the intended duration for notations such as `10 seconds`, `1d`, `1m30s` or `PT30S`. */
export function meantDuration(given: unknown): string | undefined {
  if (typeof given !== 'string') return undefined
  const text = given.trim().toLowerCase().replace(/^pt/, '')
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)\s*/g)]
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) return undefined
  const [[, number = '', unit = ''] = []] = parts
  if (parts.length === 1) {
    const hours = HOURS_PER_UNIT[unit]
    if (hours !== undefined) return `${Number(number) * hours}h`
    return number + (DURATION_UNITS[unit] ?? unit)
  }
  const seconds = parts.map(([, count, word = '']) => {
    const short = DURATION_UNITS[word] ?? word
    return Number(count) * ({ h: 3600, m: 60, s: 1 }[short] ?? Number.NaN)
  })
  const total = seconds.reduce((sum, one) => sum + one, 0)
  return Number.isFinite(total) ? `${total}s` : undefined
}

/** Finds the intended size for notations such as `10 megabytes` or `10m`. */
export function meantSize(given: unknown): string | undefined {
  if (typeof given !== 'string') return undefined
  const [, number = '', unit = ''] =
    /^(\d+(?:\.\d+)?)\s*([a-z]+)$/.exec(given.trim().toLowerCase()) ?? []
  const meant = SIZE_UNITS[unit]
  return meant && number + meant
}

/** Typographic quotation marks, which have no meaning in YAML. */
const QUOTES = /^[“”„«»‘’]+|[“”„«»‘’]+$/g

/** Finds the intended URL for an address without a scheme or with a typing error. */
export function meantUrl(given: unknown): string | undefined {
  const word = typeof given === 'string' ? given.trim() : ''
  const [, variable] = /^\$\{?([A-Za-z_]\w*)$/.exec(word) ?? []
  if (variable !== undefined) return `\${${variable}}`
  const unquoted = typeof given === 'string' ? given.replace(QUOTES, '') : given
  if (!isPlain(unquoted)) return undefined
  if (/^https?:\/\//i.test(unquoted)) return unquoted === given ? undefined : unquoted
  const [, scheme, rest = unquoted] = /^([a-z]+):\/+(.*)$/i.exec(unquoted) ?? []
  // A bare or dotted word may be a secret; with a port it is an address.
  const isAddress = /^(?:localhost|\d+(?:\.\d+){3}|[\w.-]+(?=:\d))(?::\d{1,5})?(?:\/.*)?$/.test(
    rest,
  )
  if (!isAddress && !/^h?t?t?p/i.test(scheme ?? '')) return undefined
  const isSecure = scheme?.toLowerCase().endsWith('s') ?? /:(?:443|8443)(?:\/|$)/.test(rest)
  return `${isSecure ? 'https' : 'http'}://${rest}`
}
