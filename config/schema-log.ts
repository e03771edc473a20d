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
  gateway: level('Process: start, reload, drain, unexpected errors.'),
  access: level(
    'Requests, one line each: `warn` logs only requests that failed at the gateway or an upstream, `silent` none.',
  ),
  upstream: level('State changes of upstreams and their replicas.'),
  store: level('Shared store of several gateways.'),
  auth: level('Failed fetches of key sets.'),
  tracing: level('Messages of OpenTelemetry.'),
} satisfies Record<LogArea, unknown>

export const log = section({
  level: withDefault(oneOf(LEVELS), 'info').describe('Lowest level that is logged.'),
  format: withDefault(oneOf(['auto', 'json', 'text']), 'auto').describe(
    '`json` writes one object per line, `text` is for people, `auto` writes text to a terminal and JSON elsewhere. Needs a restart.',
  ),
  level_format: withDefault(oneOf(['number', 'name']), 'number').describe(
    'Level in JSON: a number such as `30`, or a name such as `"info"`. Needs a restart.',
  ),
  time_format: withDefault(oneOf(['epoch', 'iso']), 'epoch').describe(
    'Time in JSON: milliseconds since 1970, or ISO 8601 in UTC. Needs a restart.',
  ),
  areas: withDefault(section(areas), {}).describe('Levels of single areas.'),
  caller: withDefault(flag(), false).describe(
    'Adds `caller`, the `sub` of the verified token, to access-log lines.',
  ),
  file: optional(text('a file')).describe(
    'Log file, relative to the working directory. Reopened on SIGHUP and SIGUSR2. Needs a restart. Default: standard output.',
  ),
  access_file: optional(text('a file')).describe(
    'File of the access log, handled like `file`. Needs a restart. Default: the destination of the other lines.',
  ),
})

export const tracing = section({
  caller: withDefault(flag(), false).describe(
    'Adds `enduser.id`, the `sub` of the verified token, to server spans.',
  ),
})
