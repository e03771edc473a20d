/** Defines the limits for callers. */
import * as z from 'zod'
import {
  count,
  duration,
  expects,
  list,
  oneOf,
  optional,
  section,
  size,
  withDefault,
} from './fields.ts'

const rateLimit = section({
  max: count(1, 1_000_000_000).describe('Largest number of requests in a window.'),
  window: withDefault(duration(), '60s').describe('Length of the window.'),
  by: withDefault(oneOf(['identity', 'component', 'address']), 'identity').describe(
    "Key of the counter: `identity` counts one caller (the token's `sub`, otherwise the address), `component` one component over all callers, `address` one address, including requests with invalid tokens.",
  ),
})

const parallelRuns = section({
  identity: withDefault(count(0, 1_000_000), 0).describe(
    'Largest number of concurrent runs of one caller; 0 for no limit.',
  ),
  component: withDefault(count(0, 1_000_000), 0).describe(
    'Largest number of concurrent runs of one component; 0 for no limit.',
  ),
})

/** Limits of one run, of all runs, an upstream or a component. */
export const maxRun = section({
  tokens: optional(count(1, 1_000_000_000)).describe(
    'Largest number of input and output tokens of one streamed run. Default: no limit.',
  ),
  tool_calls: optional(count(1, 1_000_000)).describe(
    'Largest number of tool calls of one streamed run. Default: no limit.',
  ),
  duration: optional(duration()).describe('Longest duration of one run. Default: no limit.'),
})

const webSockets = section({
  total: withDefault(count(0, 1_000_000), 0).describe(
    'Largest number of open WebSockets of all callers; further ones get 429. 0 for no limit.',
  ),
  identity: withDefault(count(0, 1_000_000), 0).describe(
    "Largest number of open WebSockets of one caller; 0 for no limit. With authentication, a caller is the token's `sub`, and a further socket closes with code 1008 when it authenticates. With `auth.mode: none`, a caller is the address, and a further socket gets 429.",
  ),
})

/** Top-level keys. */
export const limits = {
  max_body_size: withDefault(size(1), '2GiB').describe(
    'Largest request body; larger ones get 413.',
  ),
  failover_body_limit: withDefault(size(), '64KiB').describe(
    'Largest request body that is buffered, so that it can be sent to another replica after a failed connection. Larger bodies are streamed.',
  ),
  json_body_limit: withDefault(size(1), '10MiB').describe(
    'Largest run body that the gateway reads whole: JSON that it converts to a form, and every run of an A2A upstream.',
  ),
  max_header_size: withDefault(size(1024), '16KiB').describe(
    'Largest request head: request line and headers together. Needs a restart.',
  ),
  max_url_size: withDefault(size(256), '8KiB').describe(
    'Longest path and query of a request; longer ones get 414.',
  ),
  header_timeout: withDefault(duration(), '20s').describe(
    'Longest wait for the complete request head, and before it for the TLS handshake. Needs a restart.',
  ),
  body_timeout: withDefault(duration('zero'), '60s').describe(
    'Longest silence inside a request body while the gateway reads; 0 for no limit.',
  ),
  max_connections_per_address: withDefault(count(0, 1_000_000), 0).describe(
    'Largest number of connections from one address, except from `listen.trusted_proxies`; 0 for no limit.',
  ),
  max_web_sockets: withDefault(webSockets, {}).describe(
    'Largest number of open WebSockets of one process.',
  ),
  max_message_rate: withDefault(count(0, 1_000_000), 0).describe(
    'Largest number of messages and pings per second on one WebSocket; a further one closes it with code 1008. 0 for no limit.',
  ),
  max_parallel_runs: withDefault(parallelRuns, {}).describe(
    'Largest number of concurrent runs; further ones get 429 with `retry-after`. Gateways with the same `store` count together. Without a store, or while it is unavailable, each machine counts alone.',
  ),
  max_run: withDefault(maxRun, {}).describe(
    'Limits of every single run. A run that exceeds one is cancelled in mid-stream. See docs/limits.md.',
  ),
  rate_limit: withDefault(
    z
      .union([rateLimit, list(rateLimit)], {
        error: expects('{ max, window, by } or a list of them'),
      })
      .transform((value) => (Array.isArray(value) ? value : [value])),
    [],
  ).describe(
    'Largest number of requests in a time window; further ones get 429 with `retry-after`. A request must satisfy all limits of a list. Gateways with the same `store` count together. Without a store, or while it is unavailable, each process counts alone.',
  ),
}
