/**
 * Defines the value types of a configuration file as zod types. Each error names the expected value. No error repeats
 * the given value, which may be a secret.
 */
import { isIP } from 'node:net'
import * as z from 'zod'
import {
  meantDuration,
  meantFlag,
  meantNumber,
  meantSize,
  meantUrl,
  meantWord,
} from './meant-value.ts'
import { parseDuration, parseSize } from './units.ts'

/**
 * Builds the error text of a field: the expected value.
 *
 * @param meant suggests the intended value; never returns the given value, which may be a secret
 */
export function expects(
  what: string,
  meant: (input: unknown) => string | undefined = () => undefined,
): (issue: { readonly input?: unknown }) => string {
  return ({ input }) => {
    if (input === undefined) return `missing, expected ${what}`
    const word = meant(input)
    return word === undefined ? `expected ${what}` : `expected ${what}; did you mean "${word}"?`
  }
}

/** An optional key. An empty value (`agents:`, or a reference to an empty variable) counts as absent. */
export function optional<Field extends z.ZodType>(field: Field) {
  return z.preprocess((value) => value ?? undefined, field.optional())
}

/** {@link optional} with a default in the notation of the file. */
export function withDefault<Field extends z.ZodType>(
  field: Field,
  value: NonNullable<z.input<Field>>,
) {
  return z.preprocess((given) => given ?? undefined, field.prefault(value))
}

/**
 * A mapping with exactly these keys. The text of its `unrecognized_keys` issue is the list of known keys;
 * `explain.ts` turns it into one issue for each unknown key.
 */
export function section<Shape extends z.ZodRawShape>(shape: Shape) {
  const wrongType = expects('a mapping of keys')
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? Object.keys(shape).join(' ') : wrongType(issue),
  })
}

/** A list of the same kind of value. */
export function list<Item extends z.ZodType>(item: Item) {
  return z.array(item, { error: expects('a list') })
}

/** Text with at least one character that is not white space. */
export function text(what = 'text (in quotes when it looks like a number)') {
  return z
    .string({ error: expects(what) })
    .refine((value) => value.trim() !== '', { error: expects(what) })
}

/** Text that must match a pattern, which editors check too. */
function textLike(pattern: RegExp, what: string) {
  return z
    .string({ error: expects(what) })
    .refine((value) => pattern.test(value), { error: expects(what) })
    .meta({ pattern: `${pattern.source}|\\$\\{` })
}

/** One of several words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  const what = `one of ${words.join(', ')}`
  return z.enum(words, { error: expects(what, (input) => meantWord(input, words)) })
}

/** True or false; also as text, because a `${REFERENCE}` becomes text. */
export function flag() {
  const words = new Map<unknown, boolean>([
    ['true', true],
    ['false', false],
  ])
  return z.preprocess(
    (value) => words.get(value) ?? value,
    z.boolean({ error: expects('true or false', meantFlag) }),
  )
}

/** Suggests the number that a text means, if it is within limits. */
function within(least: number, most: number): (input: unknown) => string | undefined {
  return (input) => {
    const meant = meantNumber(input)
    return meant !== undefined && Number(meant) >= least && Number(meant) <= most
      ? meant
      : undefined
  }
}

/** A TCP port, 0 to 65535; also as text, because a `${REFERENCE}` becomes text. */
export function port() {
  const error = expects('a port number from 0 to 65535', within(0, 65535))
  return z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value),
    z.int({ error }).min(0, { error }).max(65535, { error }),
  )
}

/** An integer; also as text, because a `${REFERENCE}` becomes text. */
export function count(least: number, most: number) {
  const error = expects(`a whole number from ${least} to ${most}`, within(least, most))
  return z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value),
    z.int({ error }).min(least, { error }).max(most, { error }),
  )
}

/** Path on an upstream, with a leading slash and an optional query. */
export function path() {
  return textLike(/^\/[\x21-\x7e]*$/, 'a path such as /health')
}

/** A duration in milliseconds, see {@link parseDuration}; 0 only for keys that define its meaning. */
export function duration(zero: 'zero' | 'positive' = 'positive') {
  const floor = zero === 'zero' ? 0 : 1
  const limits = zero === 'zero' ? 'at most 24 days' : 'above 0 and at most 24 days'
  return quantity(
    'duration',
    `a duration such as 30 or "30s", ${limits}`,
    '(ms|s|m|h)?',
    (value) => {
      const milliseconds = parseDuration(value)
      return milliseconds !== undefined && milliseconds >= floor ? milliseconds : undefined
    },
    meantDuration,
  )
}

/** A size in bytes, see {@link parseSize}, of at least `least` bytes. */
export function size(least = 0) {
  const limit = least === 0 ? '' : `, at least ${least} ${least === 1 ? 'byte' : 'bytes'}`
  return quantity(
    'size',
    `a size such as 65536 or "64KiB"${limit}`,
    '([KkMmGg]?[Ii]?[Bb])?',
    (value) => {
      const bytes = parseSize(value)
      return bytes !== undefined && bytes >= least ? bytes : undefined
    },
    meantSize,
  )
}

function quantity(
  title: string,
  what: string,
  units: string,
  parse: (value: number | string) => number | undefined,
  meant: (value: unknown) => string | undefined,
) {
  const error = expects(what, meant)
  return z
    .union([z.number(), z.string()], { error })
    .transform((value, context) => {
      const parsed = parse(value)
      if (parsed !== undefined) return parsed
      context.addIssue({ code: 'custom', message: error({ input: value }) })
      return z.NEVER
    })
    .meta({ title, pattern: `^\\d+(\\.\\d+)? ?${units}$|\\$\\{`, minimum: 0 })
}

/** Name of an upstream or of a key: it appears in headers, paths, logs and metrics. */
export function plainName() {
  return textLike(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'a name of up to 64 letters, digits, ".", "_" or "-", starting with a letter or digit',
  )
}

/** Prefix of component ids. */
export function idPrefix() {
  return textLike(/^[A-Za-z0-9._~:-]{0,64}$/, 'up to 64 letters, digits, ".", "_", "-", "~" or ":"')
}

/** Id of a component: one path segment of a URL. */
export function componentId() {
  const what =
    'an id: text without "/", line breaks or blanks around it (in quotes when it looks like a number)'
  return z
    .string({ error: expects(what) })
    .refine(
      (value) => /^[^\p{Cc}/]+$/u.test(value) && value.trim() === value && !/^\.\.?$/.test(value),
      { error: expects(what) },
    )
}

/** A pattern for components: kind and id, or an id of a single kind; `*` matches any text. */
export function componentPattern() {
  const what = 'a component such as agent/echo, echo or team/*'
  return z
    .string({ error: expects(what) })
    .refine((value) => /^(?:(?:agent|team|workflow)s?\/)?[^\p{Cc}/]+$/u.test(value), {
      error: expects(what),
    })
}

/** Headers that only the gateway or the connection may set. */
const TAKEN_HEADERS =
  /^(?:connection|content-length|expect|host|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|x-forwarded-.*|x-request-id)$/i

/** Name of a header that may be added (RFC 9110 §5.1). */
export function headerName() {
  const what = 'a header name, and none that the connection or the gateway sets itself'
  return z
    .string({ error: expects(what) })
    .refine((value) => /^[\w!#$%&'*+.^`|~-]+$/.test(value) && !TAKEN_HEADERS.test(value), {
      error: expects(what),
    })
}

/** Value of a header: without line breaks, which could start another header. */
export function headerValue() {
  const what = 'a header value: text without line breaks'
  return z
    .string({ error: expects(what) })
    .refine((value) => /^[\t\x20-\x7e\x80-\xff]*$/.test(value), { error: expects(what) })
}

/** A bearer token in the syntax of RFC 6750. */
export function token() {
  const what = 'a token without blanks or line breaks, and without the word Bearer'
  return z
    .string({ error: expects(what) })
    .refine((value) => /^[\x21-\x7e]+$/.test(value), { error: expects(what) })
}

/** A point in time in milliseconds since 1970: a date at its start in UTC, or a time with its zone (RFC 3339). */
export function pointInTime() {
  const error = expects('a date such as 2027-01-31, or a time such as 2027-01-31T18:00:00Z')
  const pattern = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d))?$/
  return z
    .string({ error })
    .transform((value, context) => {
      const [year = 0, month = 0, day = 0] = value.slice(0, 10).split('-').map(Number)
      // `Date.parse` takes 31 February for 3 March.
      const isOfCalendar = new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day
      const time = pattern.test(value) && isOfCalendar ? Date.parse(value) : Number.NaN
      if (!Number.isNaN(time)) return time
      context.addIssue({ code: 'custom', message: error({ input: value }) })
      return z.NEVER
    })
    .meta({ pattern: `${pattern.source}|\\$\\{` })
}

/** Address of an AgentOS, normalised and without a trailing slash. */
export function baseUrl() {
  const what = 'an http:// or https:// address such as http://localhost:7777'
  const error = expects(what, meantUrl)
  return z
    .string({ error })
    .transform((value, context) => {
      const url = URL.parse(value)
      const isHttp = url !== null && /^https?:\/\//i.test(value)
      const message = isHttp ? urlFault(value, url) : error({ input: value })
      if (url !== null && message === undefined)
        return url.origin + url.pathname.replace(/\/+$/, '')
      context.addIssue({ code: 'custom', message: message ?? `expected ${what}` })
      return z.NEVER
    })
    .meta({ title: 'URL', pattern: '^[Hh][Tt][Tt][Pp][Ss]?://|\\$\\{' })
}

/** URL of a web document. */
export function webAddress() {
  const what = 'an http:// or https:// address such as https://issuer.example.com/jwks.json'
  return z
    .string({ error: expects(what) })
    .refine(
      (value) => {
        const url = URL.parse(value)
        return /^https?:\/\//i.test(value) && url !== null && url.username + url.password === ''
      },
      { error: expects(what) },
    )
    .meta({ title: 'URL', pattern: '^[Hh][Tt][Tt][Pp][Ss]?://|\\$\\{' })
}

function urlFault(value: string, url: URL): string | undefined {
  if (url.username !== '' || url.password !== '') {
    return 'must not hold a user or password, write credentials: { bearer: TOKEN } instead'
  }
  return /[?#]/.test(value) ? 'must not hold a query or fragment' : undefined
}

/** URL of a Valkey or Redis server. */
export function storeUrl() {
  const what = 'a redis:// or rediss:// address such as redis://localhost:6379'
  return z
    .string({ error: expects(what) })
    .refine((value) => /^(redis|valkey)s?:\/\/./i.test(value) && URL.canParse(value), {
      error: expects(what),
    })
    .meta({ title: 'URL', pattern: '^([Rr]edis|[Vv]alkey)s?://|\\$\\{' })
}

/** An origin in the form of the `Origin` header, or `*`. */
export function origin() {
  const what = '"*" or an origin such as https://app.example.com, without a path'
  return z
    .string({ error: expects(what) })
    .refine((value) => /^(\*|[a-z][a-z0-9+.-]*:\/\/[^/?#@\s*]+)$/i.test(value), {
      error: expects(what),
    })
    .transform((value) => {
      const known = /^https?:/i.test(value) ? URL.parse(value)?.origin : undefined
      return known ?? value.toLowerCase()
    })
}

/** An IP address or a CIDR block. */
export function addressBlock() {
  const what = 'an IP address or a CIDR block such as 10.0.0.0/8'
  return z.string({ error: expects(what) }).refine(
    (value) => {
      const [address = '', bits, ...rest] = value.split('/')
      const width = isIP(address) === 4 ? 32 : 128
      const fits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= width)
      return isIP(address) !== 0 && fits && rest.length === 0
    },
    { error: expects(what) },
  )
}
