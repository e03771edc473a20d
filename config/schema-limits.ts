/** Defines the limits for callers. */
import * as z from 'zod'
import { count, duration, expects, list, oneOf, section, size, withDefault } from './fields.ts'

const rateLimit = section({
  max: count(1, 1_000_000_000).describe('Most requests in a window.'),
  window: withDefault(duration(), '60s').describe('Length of the window.'),
  by: withDefault(oneOf(['identity', 'component', 'address']), 'identity').describe(
    "Whose requests are counted together: those of one caller (the token's `sub`; without a token, the address), those of one component of any caller, or those from one address, wrong tokens included.",
  ),
})

const parallelRuns = section({
  identity: withDefault(count(0, 1_000_000), 0).describe(
    'Most runs of one caller at a time; 0 for no limit.',
  ),
  component: withDefault(count(0, 1_000_000), 0).describe(
    'Most runs of one component at a time; 0 for no limit.',
  ),
})

const webSockets = section({
  total: withDefault(count(0, 1_000_000), 0).describe(
    'Most WebSockets of all callers; one more gets 429. 0 for no limit.',
  ),
  identity: withDefault(count(0, 1_000_000), 0).describe(
    "Most WebSockets of one caller: of the token's `sub`, once it has authenticated (then one more is closed with code 1008); of the address, where `auth.mode` is `none` (429). 0 for no limit.",
  ),
})

/** Top-level keys. */
export const limits = {
  max_body_size: withDefault(size(1), '2GiB').describe(
    'Largest request body; larger ones get 413.',
  ),
  failover_body_limit: withDefault(size(), '64KiB').describe(
    'Request bodies up to this size are held in memory, so that they can go to another replica when a connection fails; larger ones stream through.',
  ),
  json_body_limit: withDefault(size(1), '10MiB').describe(
    'Largest body of a run that the gateway has to read: JSON that is turned into the form AgentOS wants, and any run of an A2A upstream.',
  ),
  max_header_size: withDefault(size(1024), '16KiB').describe(
    'Largest head of a request: first line and headers together. Needs a restart.',
  ),
  max_url_size: withDefault(size(256), '8KiB').describe(
    'Longest path and query of a request; longer ones get 414.',
  ),
  header_timeout: withDefault(duration(), '20s').describe(
    'Longest wait for the whole head of a request. Needs a restart.',
  ),
  body_timeout: withDefault(duration('zero'), '60s').describe(
    'Longest silence inside a request body while the gateway waits for more; 0 for none.',
  ),
  max_connections_per_address: withDefault(count(0, 1_000_000), 0).describe(
    'Most connections from one address at a time, but for `listen.trusted_proxies`; 0 for no limit.',
  ),
  max_web_sockets: withDefault(webSockets, {}).describe(
    'Most WebSockets open at a time, of one process.',
  ),
  max_message_rate: withDefault(count(0, 1_000_000), 0).describe(
    'Most messages and pings of a client in a second of one WebSocket; one more closes it with code 1008. 0 for no limit.',
  ),
  max_parallel_runs: withDefault(parallelRuns, {}).describe(
    'Most runs under way at a time; more get 429 with `retry-after`. Gateways with the same `store` count together; while it is gone, and without one, each machine counts for itself.',
  ),
  rate_limit: withDefault(
    z
      .union([rateLimit, list(rateLimit)], {
        error: expects('{ max, window, by } or a list of them'),
      })
      .transform((value) => (Array.isArray(value) ? value : [value])),
    [],
  ).describe(
    'Most requests within a time; more get 429 with `retry-after`. Several limits hold at once. Gateways with the same `store` count together; while it is gone, and without one, each process counts for itself.',
  ),
}
