/**
 * Defines the configuration file: every key with its description, unit and default. `npm run schema` generates the
 * editor schema (`gateway.schema.json`) and the tables of `docs/configuration.md` from it.
 */
import * as z from 'zod'
import { balancing } from './balancing.ts'
import {
  addressBlock,
  baseUrl,
  componentId,
  count,
  duration,
  expects,
  flag,
  idPrefix,
  list,
  oneOf,
  optional,
  origin,
  port,
  section,
  size,
  storeUrl,
  text,
  upstreamName,
  withDefault,
} from './fields.ts'
import { meantWord } from './meant-value.ts'
import { protocol } from './protocol.ts'
import { auth } from './schema-auth.ts'
import { composedTeam, composedWorkflow, composer, models } from './schema-composition.ts'
import { connection } from './schema-connection.ts'
import { faces } from './schema-faces.ts'
import { limits } from './schema-limits.ts'
import { log, tracing } from './schema-log.ts'

/** Origins that an AgentOS allows by default. */
const AGENTOS_ORIGINS = [
  'https://agno.com',
  'https://www.agno.com',
  'https://app.agno.com',
  'https://os.agno.com',
  'https://os-stg.agno.com',
  'http://localhost:3000',
]

const listen = section({
  host: withDefault(text('an address such as 127.0.0.1 or 0.0.0.0'), '127.0.0.1').describe(
    'Address to listen on; `0.0.0.0` for all. Needs a restart.',
  ),
  port: withDefault(port(), 8080).describe(
    'Port to listen on; 0 picks a free one. Needs a restart.',
  ),
  trusted_proxies: withDefault(list(addressBlock()), []).describe(
    'Addresses or CIDR blocks of proxies in front of the gateway, whose `x-forwarded-*` headers are believed. Needs a restart.',
  ),
  tls: optional(
    section({
      cert_file: text('a file').describe(
        'File with the certificate and its chain, as PEM; relative to the configuration file.',
      ),
      key_file: text('a file').describe('File with the private key of `cert_file`, as PEM.'),
      client_ca_file: optional(text('a file')).describe(
        'File with the authorities, as PEM, that sign the certificates of callers: connections without such a certificate are refused (mutual TLS). Setting or leaving it out needs a restart, new contents do not. Default: callers need none.',
      ),
    }),
  ).describe(
    'Listens with TLS. New contents of the files are taken over while the gateway runs. Default: without TLS.',
  ),
})

const metrics = section({
  port: optional(port()).describe(
    'Port on which metrics are served at `/metrics` without authentication, beside `/gateway/metrics`; 0 picks a free one. Needs a restart. Default: none.',
  ),
  host: withDefault(text('an address such as 127.0.0.1 or 0.0.0.0'), '127.0.0.1').describe(
    'Address of that port. Needs a restart.',
  ),
  caller_labels: withDefault(count(0, 1_000), 0).describe(
    'Adds the label `caller`, `sub` of the verified token, to the metrics of runs and tokens: the first callers up to this number, in each worker process, and `other` for all further ones. 0: no such label.',
  ),
})

const onDisconnect = oneOf(['close', 'cancel', 'detach'])

const upstream = section({
  name: upstreamName().describe(
    'Unique name, used in logs, errors, the header `x-agentos-upstream` and the path `/upstreams/{name}`.',
  ),
  url: optional(baseUrl()).describe(
    'Base URL of the AgentOS (or A2A server), with a path when it is served under one. Either this or `urls`.',
  ),
  on_disconnect: withDefault(onDisconnect, 'close').describe(
    'What becomes of a run whose caller goes before its end: `close` closes the connection to the upstream, at which AgentOS ends a foreground run itself; `cancel` also cancels the run; `detach` reads the answer to its end, so that the run continues.',
  ),
  ...protocol,
  ...balancing,
  discover: withDefault(flag(), true).describe(
    'Registers every agent, team and workflow that the upstream lists. With `protocol: a2a`, registers an agent with the `name` of the upstream as its id, unless a component names the upstream.',
  ),
  prefix: optional(idPrefix()).describe(
    'Put in front of every component id of this upstream, which keeps equal ids of two upstreams apart. Default: none.',
  ),
  database_prefix: optional(idPrefix()).describe(
    'Put in front of every database and knowledge id of this upstream. Without it, the same database id in two upstreams means the same database. Default: none.',
  ),
  ...connection,
  timeout: optional(duration()).describe(
    'Longest silence before the headers of a reply, or inside a reply that is no event stream; for agents, teams and workflows alike. Default: the top-level `timeout`.',
  ),
  connect_timeout: optional(duration()).describe(
    'Longest wait for a connection, TLS included. Default: the top-level `connect_timeout`.',
  ),
  stream_idle_timeout: optional(duration()).describe(
    'Longest silence inside an event stream. Default: the top-level `stream_idle_timeout`.',
  ),
  config_ttl: optional(duration()).describe(
    'How long a fetched configuration counts as fresh; after that it is still used while a new one is fetched. Default: the top-level `config_ttl`.',
  ),
})

/** Keys that explicit agents, teams and workflows share. */
const component = {
  base_url: optional(baseUrl()).describe(
    'Base URL of the AgentOS that has it, or with `protocol: a2a` of its A2A server. Either this or `upstream`. A URL of one of the `upstreams` means that upstream; any other becomes an upstream of its own, called as the first component that has it, from which nothing else is registered.',
  ),
  upstream: optional(text('the name of an upstream')).describe(
    'Name of the upstream that has it. Either this or `base_url`.',
  ),
  ...protocol,
  id: optional(componentId()).describe(
    "Id that callers use. Default: the upstream's `prefix` and the id there.",
  ),
  timeout: optional(duration()).describe("Default: the upstream's `timeout`."),
  config_ttl: optional(duration()).describe("Default: the upstream's `config_ttl`."),
  on_disconnect: optional(onDisconnect).describe("Default: the upstream's `on_disconnect`."),
}

const agent = section({
  agent_id: componentId().describe('Id of the agent on its upstream.'),
  ...component,
}).transform(({ agent_id, ...rest }) => ({ ...rest, upstream_id: agent_id }))

const team = section({
  team_id: componentId().describe('Id of the team on its upstream.'),
  ...component,
}).transform(({ team_id, ...rest }) => ({ ...rest, upstream_id: team_id }))

const workflow = section({
  workflow_id: componentId().describe('Id of the workflow on its upstream.'),
  ...component,
}).transform(({ workflow_id, ...rest }) => ({ ...rest, upstream_id: workflow_id }))

const cors = section({
  origins: withDefault(
    list(origin()).refine((origins) => !origins.includes('*') || origins.length === 1, {
      error: '"*" allows every origin, and without credentials: list either it or origins',
    }),
    AGENTOS_ORIGINS,
  ).describe(
    'Origins whose pages may call the gateway from a browser, with credentials; `"*"` for any, then without. The default is AgentOS\'s own list.',
  ),
})

const affinity = section({
  session: withDefault(flag(), false).describe(
    'Requests with the same `session_id` go to the same replica while it is available.',
  ),
  ttl: withDefault(duration(), '24h').describe(
    'How long a run or session is remembered after it was last asked for.',
  ),
  size: withDefault(count(1, 10_000_000), 100_000).describe(
    'Most runs and sessions that are remembered; the longest unused are forgotten first.',
  ),
})

/** The whole file. The output has the key names of the file; `parse.ts` converts it to the program's types. */
export const fileSchema = section({
  $schema: optional(z.string()).describe(
    'Place of the JSON Schema, for editors, in a JSON file. The gateway does not read it.',
  ),
  id: withDefault(text(), 'agentos-gateway').describe(
    '`os_id` of the gateway in `/config` and `/info`, and the audience when `auth.verify_audience` is on.',
  ),
  name: optional(text()).describe('Name shown to people. Default: none.'),
  description: optional(text()).describe('Description shown to people. Default: none.'),
  listen: withDefault(listen, {}).describe('Where the gateway listens.'),
  workers: withDefault(
    z.union([count(1, 256), z.literal('auto')], {
      error: expects('a number or auto', (input) => meantWord(input, ['auto'])),
    }),
    1,
  ).describe(
    'Processes that share the port and the work; `auto` for as many as the machine has processors. Needs a restart.',
  ),
  metrics: withDefault(metrics, {}).describe('Where else metrics are served, and their labels.'),
  console: withDefault(oneOf(['auto', 'on', 'off']), 'auto').describe(
    'Serves the web console at `/gateway/console/`: `auto` where the gateway listens on loopback, and elsewhere only with `auth.mode` other than `none`.',
  ),
  upstreams: withDefault(list(upstream), []).describe('The AgentOS instances behind the gateway.'),
  agents: withDefault(list(agent), []).describe('Agents registered one by one.'),
  models: withDefault(models, {}).describe('Models that lead composed teams, by name.'),
  teams: withDefault(list(z.union([team, composedTeam])), []).describe(
    'Teams registered one by one, and teams composed of `members` on any upstream: see docs/composition.md.',
  ),
  workflows: withDefault(list(z.union([workflow, composedWorkflow])), []).describe(
    'Workflows registered one by one, and workflows composed of `steps` over members on any upstream: see docs/composition.md.',
  ),
  composer: withDefault(composer, {}).describe(
    'The process that runs composed teams and workflows.',
  ),
  auth: withDefault(auth, {}).describe('Who may call the gateway.'),
  cors: withDefault(cors, {}).describe('Which web pages may call the gateway.'),
  faces: withDefault(faces, {}).describe(
    'Other protocols in front of every agent, team and workflow. Each is true, false, or a mapping of its options. Default: all off.',
  ),
  public_url: optional(baseUrl()).describe(
    'Base URL at which callers reach the gateway, for addresses that it tells them. Needed behind TLS. Default: as their requests say.',
  ),
  timeout: optional(duration()).describe(
    'Longest silence before the headers of a reply, or inside a reply that is no event stream. Default: 60s for agents, 300s for teams and workflows; written here, it holds for all three.',
  ),
  connect_timeout: withDefault(duration(), '5s').describe(
    'Longest wait for a connection to an upstream, TLS included.',
  ),
  stream_idle_timeout: withDefault(duration(), '300s').describe(
    'Longest silence inside an event stream. Streams have no limit on their whole length.',
  ),
  config_ttl: withDefault(duration(), '300s').describe(
    "How long an upstream's fetched configuration counts as fresh; after that it is still used while a new one is fetched.",
  ),
  ...limits,
  max_message_size: withDefault(size(1024), '16MiB').describe(
    'Largest message of a client on the workflow WebSocket; a larger one closes it with code 1009. Needs a restart.',
  ),
  heartbeat: withDefault(duration('zero'), '15s').describe(
    'Silence on an event stream after which a comment is sent to keep it open, and pause between the pings of a WebSocket; 0 turns both off.',
  ),
  list_timeout: withDefault(duration(), '5s').describe(
    'How long one upstream is waited for in a list that is merged from several, such as `GET /sessions`; who is late is left out and named in `x-agentos-partial`.',
  ),
  reattach_attempts: withDefault(count(0, 100), 6).describe(
    'Attempts in a row to resume a background stream whose connection to the upstream broke; 0 for none. The pauses between them grow from 200ms to 5s.',
  ),
  detach_timeout: withDefault(duration(), '1h').describe(
    'Longest that an answer is read whose caller is gone, where `on_disconnect` is `detach`.',
  ),
  drain_delay: withDefault(duration('zero'), '0s').describe(
    'How long requests are still accepted after SIGTERM, while `/gateway/ready` says 503, for balancers that have to notice.',
  ),
  drain_timeout: withDefault(duration('zero'), '30s').describe(
    'How long open streams may continue after that.',
  ),
  affinity: withDefault(affinity, {}).describe(
    'Which replica holds a run is always remembered, where there are several replicas.',
  ),
  store: optional(storeUrl()).describe(
    'Valkey or Redis in which several gateways share what they remember. Write `"${NAME}"` when it holds a password. Default: each remembers for itself.',
  ),
  log: withDefault(log, {}).describe('What is logged, and where to.'),
  tracing: withDefault(tracing, {}).describe(
    'What traces hold. Variables of OpenTelemetry turn them on: see docs/tracing.md.',
  ),
})

/** The parsed file: durations in milliseconds, sizes in bytes, defaults applied, key names of the file. */
export type FileConfig = z.output<typeof fileSchema>
/** One entry of `upstreams` after parsing. */
export type FileUpstream = z.output<typeof upstream>
/** One entry of `agents`, `teams` or `workflows` after parsing. */
export type FileComponent = z.output<typeof agent>
