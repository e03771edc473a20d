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
  plainName,
  port,
  section,
  size,
  storeUrl,
  text,
  withDefault,
} from './fields.ts'
import { meantNumber, meantWord } from './meant-value.ts'
import { protocol } from './protocol.ts'
import { audit } from './schema-audit.ts'
import { auth } from './schema-auth.ts'
import { budgets } from './schema-budgets.ts'
import { composedTeam, composedWorkflow, composer, models } from './schema-composition.ts'
import { connection } from './schema-connection.ts'
import { faces } from './schema-faces.ts'
import { limits, maxRun } from './schema-limits.ts'
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
    'Address to listen on; `0.0.0.0` for all interfaces, `localhost` for `127.0.0.1` and `::1`. Needs a restart.',
  ),
  port: withDefault(port(), 8080).describe(
    'Port to listen on; 0 selects a free port. Needs a restart.',
  ),
  trusted_proxies: withDefault(list(addressBlock()), []).describe(
    'Addresses or CIDR blocks of proxies in front of the gateway whose `x-forwarded-*` headers are trusted. Needs a restart.',
  ),
  tls: optional(
    section({
      cert_file: text('a file').describe(
        'File with the certificate and its chain, as PEM; relative to the configuration file.',
      ),
      key_file: text('a file').describe('File with the private key of `cert_file`, as PEM.'),
      client_ca_file: optional(text('a file')).describe(
        'File with the authorities of client certificates, as PEM: connections without such a certificate are refused (mutual TLS). Adding or removing this key needs a restart, changed contents do not. Default: no client certificates.',
      ),
    }),
  ).describe(
    'TLS of the listener. Changed files are applied without a restart; turning TLS on or off needs one. Default: no TLS.',
  ),
})

const metrics = section({
  port: optional(port()).describe(
    'Port that serves `/metrics` without authentication, in addition to `/gateway/metrics`; 0 selects a free port. Needs a restart. Default: none.',
  ),
  host: withDefault(text('an address such as 127.0.0.1 or 0.0.0.0'), '127.0.0.1').describe(
    'Address of the metrics port. Needs a restart.',
  ),
  caller_labels: withDefault(count(0, 1_000), 0).describe(
    'Adds the label `caller`, the `sub` of the verified token, to the metrics of runs and tokens. In each worker process, the first callers up to this number get their own value, and all others share `other`. 0 for no label.',
  ),
})

const onDisconnect = oneOf(['close', 'cancel', 'detach'])

const upstream = section({
  name: plainName().describe(
    'Unique name for logs, errors, the header `x-agentos-upstream` and the path `/upstreams/{name}`.',
  ),
  url: optional(baseUrl()).describe(
    'Base URL of the AgentOS or A2A server, including its path prefix. Either this or `urls`.',
  ),
  on_disconnect: withDefault(onDisconnect, 'close').describe(
    'Treatment of a run whose caller disconnects: `close` closes the upstream connection, and AgentOS then ends a foreground run; `cancel` also cancels the run; `detach` reads the answer to its end, so the run continues.',
  ),
  max_run: optional(maxRun).describe(
    'Limits of every single run of this upstream; each key replaces that of the top-level `max_run`.',
  ),
  ...protocol,
  ...balancing,
  discover: withDefault(flag(), true).describe(
    'Registers every agent, team and workflow that the upstream lists. With `protocol: a2a`, registers one agent whose id is the `name` of the upstream, unless a component names the upstream.',
  ),
  prefix: optional(idPrefix()).describe(
    'Prefix of every component id of this upstream. It separates equal ids of two upstreams. Default: none.',
  ),
  database_prefix: optional(idPrefix()).describe(
    'Prefix of every database and knowledge id of this upstream. Without it, equal database ids of two upstreams mean the same database. Default: none.',
  ),
  ...connection,
  timeout: optional(duration()).describe(
    'Longest silence before the response head, or inside a response that is no event stream, for all kinds of components. Default: the top-level `timeout`.',
  ),
  connect_timeout: optional(duration()).describe(
    'Longest wait for a connection, including TLS. Default: the top-level `connect_timeout`.',
  ),
  stream_idle_timeout: optional(duration()).describe(
    'Longest silence inside an event stream. Default: the top-level `stream_idle_timeout`.',
  ),
  config_ttl: optional(duration()).describe(
    'Time for which a fetched configuration counts as fresh. After it, the gateway uses the old one while it fetches a new one. Default: the top-level `config_ttl`.',
  ),
})

/** Keys that explicit agents, teams and workflows share. */
const component = {
  base_url: optional(baseUrl()).describe(
    "Base URL of the component's AgentOS, or with `protocol: a2a` of its A2A server. Either this or `upstream`. A URL of one of the `upstreams` means that upstream. Any other URL becomes a separate upstream with the name of its first component, and only the named components are registered from it.",
  ),
  upstream: optional(text('the name of an upstream')).describe(
    "Name of the component's upstream. Either this or `base_url`.",
  ),
  ...protocol,
  id: optional(componentId()).describe(
    "Public id. Default: the upstream's `prefix` and the upstream's id.",
  ),
  timeout: optional(duration()).describe("`timeout` of this component. Default: the upstream's."),
  config_ttl: optional(duration()).describe(
    "`config_ttl` of this component. Default: the upstream's.",
  ),
  on_disconnect: optional(onDisconnect).describe(
    "`on_disconnect` of this component. Default: the upstream's.",
  ),
  max_run: optional(maxRun).describe(
    "Limits of every single run of this component; each key replaces the upstream's.",
  ),
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

/** An entry that is registered from an upstream, or composed here. */
function entry<Remote extends z.ZodType, Composed extends z.ZodType>(
  remote: Remote,
  composed: Composed,
) {
  return z.union([remote, composed], { error: expects('a mapping of keys') })
}

const cors = section({
  origins: withDefault(
    list(origin()).refine((origins) => !origins.includes('*') || origins.length === 1, {
      error: '"*" allows every origin without credentials: list either "*" or origins',
    }),
    AGENTOS_ORIGINS,
  ).describe(
    'Origins whose pages may call the gateway from a browser, with credentials. `"*"` allows any origin, without credentials. The default is AgentOS\'s own list.',
  ),
})

const affinity = section({
  session: withDefault(flag(), false).describe(
    'Requests with the same `session_id` go to the same replica while it is available.',
  ),
  ttl: withDefault(duration(), '24h').describe(
    'Time for which the gateway remembers the replica of a run or session after its last use.',
  ),
  size: withDefault(count(1, 10_000_000), 100_000).describe(
    'Largest number of remembered runs and sessions; the least recently used are dropped first.',
  ),
})

/** The whole file. The output has the key names of the file; `parse.ts` converts it to the program's types. */
export const fileSchema = section({
  $schema: optional(text('a path or address of the JSON Schema')).describe(
    'Location of the JSON Schema, for editors of JSON files. The gateway ignores it.',
  ),
  id: withDefault(text(), 'agentos-gateway').describe(
    '`os_id` of the gateway in `/config` and `/info`, and the audience when `auth.verify_audience` is on.',
  ),
  name: optional(text()).describe('Name shown to people. Default: none.'),
  description: optional(text()).describe('Description shown to people. Default: none.'),
  listen: withDefault(listen, {}).describe('Listener of the gateway.'),
  workers: withDefault(
    z.union([count(1, 256), z.literal('auto')], {
      error: expects(
        'a whole number from 1 to 256, or auto',
        (input) => meantWord(input, ['auto']) ?? meantNumber(input),
      ),
    }),
    1,
  ).describe(
    'Number of worker processes that share the port; `auto` for one per processor. Needs a restart.',
  ),
  metrics: withDefault(metrics, {}).describe('Metrics port and metric labels.'),
  console: withDefault(oneOf(['auto', 'on', 'off']), 'auto').describe(
    'Serves the web console at `/gateway/console/`. `auto` serves it on a loopback address, and on other addresses only with authentication (`auth.mode` other than `none`).',
  ),
  upstreams: withDefault(list(upstream), []).describe('AgentOS instances behind the gateway.'),
  agents: withDefault(list(agent), []).describe('Agents registered one by one.'),
  models: withDefault(models, {}).describe('Models of leaders of composed teams, by name.'),
  teams: withDefault(list(entry(team, composedTeam)), []).describe(
    'Teams registered one by one, and teams composed of `members` on any upstream: see docs/composition.md.',
  ),
  workflows: withDefault(list(entry(workflow, composedWorkflow)), []).describe(
    'Workflows registered one by one, and workflows composed of `steps` over members on any upstream: see docs/composition.md.',
  ),
  composer: withDefault(composer, {}).describe(
    'Process that runs composed teams and workflows. Every key except `keep` needs a restart.',
  ),
  auth: withDefault(auth, {}).describe('Authentication and authorization of callers.'),
  cors: withDefault(cors, {}).describe('Web pages that may call the gateway.'),
  faces: withDefault(faces, {}).describe(
    'Further protocols for every agent, team and workflow. Each is true, false, or a mapping of options. Default: all off.',
  ),
  public_url: optional(baseUrl()).describe(
    'Base URL of the gateway for callers, used in addresses that the gateway returns. Needed behind a TLS proxy. Default: derived from each request.',
  ),
  timeout: optional(duration()).describe(
    'Longest silence before the response head, or inside a response that is no event stream. Default: 60s for agents, 300s for teams and workflows. A value here applies to all three.',
  ),
  connect_timeout: withDefault(duration(), '5s').describe(
    'Longest wait for a connection to an upstream, including TLS.',
  ),
  stream_idle_timeout: withDefault(duration(), '300s').describe(
    'Longest silence inside an event stream. The total duration of a stream is unlimited.',
  ),
  config_ttl: withDefault(duration(), '300s').describe(
    "Time for which an upstream's fetched configuration counts as fresh. After it, the gateway uses the old one while it fetches a new one.",
  ),
  ...limits,
  budgets,
  max_message_size: withDefault(size(1024), '16MiB').describe(
    'Largest message of a client on the workflow WebSocket; a larger one closes it with code 1009. Needs a restart.',
  ),
  heartbeat: withDefault(duration('zero'), '15s').describe(
    'Silence on an event stream after which the gateway sends a comment to keep it open, and interval of WebSocket pings. 0 turns both off.',
  ),
  list_timeout: withDefault(duration(), '5s').describe(
    'Longest wait for one upstream in a merged list such as `GET /sessions`. A late upstream is left out and named in `x-agentos-partial`.',
  ),
  reattach_attempts: withDefault(count(0, 100), 6).describe(
    'Consecutive attempts to resume a background stream after its upstream connection broke; 0 for none. The pauses grow from 200ms to 5s, each shortened by up to half at random.',
  ),
  detach_timeout: withDefault(duration(), '1h').describe(
    'Longest time for which the gateway reads an answer or a WebSocket run whose caller has left: with `on_disconnect: detach`, and for runs that `max_run` or `budgets` count.',
  ),
  drain_delay: withDefault(duration('zero'), '0s').describe(
    'Time after SIGTERM in which the gateway accepts requests while `/gateway/ready` answers 503, so that load balancers notice.',
  ),
  drain_timeout: withDefault(duration('zero'), '30s').describe(
    'Time after `drain_delay` in which open streams may continue.',
  ),
  affinity: withDefault(affinity, {}).describe(
    'Affinity of runs and sessions to replicas. With several replicas, the gateway always remembers the replica of a run.',
  ),
  store: optional(storeUrl()).describe(
    'Valkey or Redis that several gateways share for affinity, limits and counts. Write `"${NAME}"` if the URL contains a password. Default: each gateway keeps its own state.',
  ),
  log: withDefault(log, {}).describe('Log contents and destination.'),
  audit: optional(audit).describe(
    'Audit log: who ran what by which scope, as JSON lines in a hash chain. See docs/audit.md. Default: none.',
  ),
  tracing: withDefault(tracing, {}).describe(
    "Contents of traces. OpenTelemetry's variables turn tracing on: see docs/tracing.md.",
  ),
})

/** The parsed file: durations in milliseconds, sizes in bytes, defaults applied, key names of the file. */
export type FileConfig = z.output<typeof fileSchema>
/** One entry of `upstreams` after parsing. */
export type FileUpstream = z.output<typeof upstream>
/** One entry of `agents`, `teams` or `workflows` after parsing. */
export type FileComponent = z.output<typeof agent>
