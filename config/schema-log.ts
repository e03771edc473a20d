/** Defines the keys for logs and traces. */
import { flag, oneOf, optional, section, text, withDefault } from './fields.ts'
import type { LogArea, LogLevel } from './types.ts'

const LEVELS = [
  'fatal',
  'error',
  'warn',
  'info',
  'debug',
  'trace',
  'silent',
] as const satisfies readonly LogLevel[]

const level = (what: string) => optional(oneOf(LEVELS)).describe(`${what} Default: \`level\`.`)

const areas = {
  gateway: level('The process: start, reload, drain, unexpected errors.'),
  access: level(
    'Requests, one line each: `warn` leaves those that failed at the gateway or behind it, `silent` none.',
  ),
  upstream: level('Upstreams and their replicas, as they come and go.'),
  store: level('The store that several gateways share.'),
  auth: level('Key sets that could not be fetched.'),
  tracing: level('What OpenTelemetry has to say of itself.'),
} satisfies Record<LogArea, unknown>

export const log = section({
  level: withDefault(oneOf(LEVELS), 'info').describe('Least severe level that is logged.'),
  format: withDefault(oneOf(['auto', 'json', 'text']), 'auto').describe(
    '`json`: one object a line; `text`: for people to read; `auto`: text where standard output is a terminal, else JSON. Needs a restart.',
  ),
  level_format: withDefault(oneOf(['number', 'name']), 'number').describe(
    'How the level of a line stands in JSON: `30`, or `"info"`. Needs a restart.',
  ),
  time_format: withDefault(oneOf(['epoch', 'iso']), 'epoch').describe(
    'How the time of a line stands in JSON: milliseconds since 1970, or ISO 8601 in UTC. Needs a restart.',
  ),
  areas: withDefault(section(areas), {}).describe('The same for single areas.'),
  caller: withDefault(flag(), false).describe(
    'Writes `caller` into the lines of requests: `sub` of the verified token.',
  ),
  file: optional(text('a file')).describe(
    'File to log to, relative to the working directory; opened anew on SIGHUP and SIGUSR2. Needs a restart. Default: standard output.',
  ),
  access_file: optional(text('a file')).describe(
    'File for the lines of requests, likewise. Needs a restart. Default: where the other lines go.',
  ),
})

export const tracing = section({
  caller: withDefault(flag(), false).describe(
    'Writes `enduser.id` into the server spans: `sub` of the verified token.',
  ),
})
