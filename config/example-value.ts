/** Builds lines that show a valid value of a key, from the schema of the file. */
import type { JsonSchema } from './json-schema.ts'
import { resolved, schemaAt } from './known-keys.ts'

type Path = readonly PropertyKey[]

/** Largest number of keys in the example of a mapping. */
const MOST_KEYS = 3

/** Main keys of mappings without required keys: `log: debug` probably means `log: { level: debug }`. */
export const MAIN_KEYS: Readonly<Record<string, string>> = {
  auth: 'mode',
  log: 'level',
  metrics: 'port',
  listen: 'port',
  cors: 'origins',
  affinity: 'session',
  composer: 'database',
  tracing: 'caller',
  areas: 'access',
}

/** Whole examples of keys whose schema alone says too little: by section and key, or by key. */
const WHOLE: Readonly<Record<string, readonly string[]>> = {
  credentials: ['credentials: { bearer: "${TOKEN}" }    # or forward, none, { mint: … }'],
  mint: ['mint: { alg: HS256, secret: "${UPSTREAM_SECRET}", audience: research }'],
  headers: ['headers: { x-name: value }'],
  keys: ['keys:', '  - { alg: HS256, secret: "${JWT_SECRET_KEY}" }'],
  'api_keys.claims': ['claims: { tenant: acme }'],
  'listen.tls': ['tls: { cert_file: server.pem, key_file: server.key }'],
  tls: ['tls: { ca_file: ca.pem }'],
  faces: ['faces: { openai: true }'],
  models: [
    'models:',
    '  fast:',
    '    base_url: https://api.openai.com/v1',
    '    model: gpt-5-mini',
  ],
  mounts: ['mounts:', '  - path: /chat', '    agent: researcher'],
  members: ['members:', '  - agent: writer', '    when: drafts and summaries'],
  side_prompts: ['side_prompts: { model: agent/titles }    # or run, refuse'],
  max_parallel_runs: ['max_parallel_runs: { identity: 10 }'],
  max_web_sockets: ['max_web_sockets: { identity: 10 }'],
  max_run: ['max_run: { tokens: 50000, tool_calls: 30, duration: 10m }'],
  budgets: ['budgets:', '  - name: user-day', '    by: user', '    tokens: 200000'],
  overrides: ['overrides: { alice: { tokens: 1000000 } }'],
  rate_limit: ['rate_limit:', '  - max: 60', '    window: 60s', '    by: identity'],
}

/** Values of text, number and list keys without a default: by section and key, or by key. */
const VALUES: Readonly<Record<string, string>> = {
  $schema: './gateway.schema.json',
  id: 'my-gateway',
  'agents.id': 'researcher',
  'teams.id': 'help-desk',
  'workflows.id': 'report',
  name: 'Research',
  'upstreams.name': 'research',
  'fields.name': 'topic',
  description: 'Answers questions',
  urls: '[http://localhost:7777, http://localhost:7778]',
  trusted_proxies: '[10.0.0.0/8]',
  origins: '[https://app.example.com]',
  cert_file: 'server.pem',
  key_file: 'server.key',
  ca_file: 'ca.pem',
  client_ca_file: 'client-ca.pem',
  server_name: 'agents.example.com',
  port: '8080',
  'metrics.port': '9464',
  prefix: 'research-',
  database_prefix: 'research-',
  mode: 'jwt',
  access: 'warn',
  'upstreams.max_inflight': '50',
  'rate_limit.max': '60',
  'budgets.name': 'user-day',
  tokens: '200000',
  cost: '5.00',
  bearer: '"${TOKEN}"',
  config_token: '"${TOKEN}"',
  secret: '"${JWT_SECRET_KEY}"',
  secret_file: 'secret.txt',
  private_key_file: 'private.pem',
  public_key: '"${JWT_PUBLIC_KEY}"',
  public_key_file: 'public.pem',
  security_key: '"${OS_SECURITY_KEY}"',
  state_secret: '"${MCP_STATE_SECRET}"',
  api_key: '"${OPENAI_API_KEY}"',
  kid: '"2026-01"',
  issuer: 'https://issuer.example.com',
  audience: '[my-gateway]',
  'mint.audience': 'research',
  claims: '[email]',
  jwks_file: 'jwks.json',
  jwks_url: 'https://issuer.example.com/jwks.json',
  upstream: 'research',
  agent_id: 'researcher',
  team_id: 'help-desk',
  workflow_id: 'report',
  agent: 'researcher',
  team: 'help-desk',
  workflow: 'report',
  'models.model': 'gpt-5-mini',
  'teams.model': 'fast',
  'models.base_url': 'https://api.openai.com/v1',
  public_url: 'https://agents.example.com',
  gateway_url: 'http://127.0.0.1:8080',
  instructions: 'Answer in one sentence.',
  when: 'questions about invoices',
  input: '"{{previous}}"',
  confirm: 'Publish it?',
  review: 'Is it good?',
  choose: 'Which one?',
  message: 'Which topic?',
  allowed: '[news, sport]',
  limit: '4',
  if: '"input.contains(\'urgent\')"',
  until: '"iteration >= 2"',
  select: '"\'draft\'"',
  include: '[agent/researcher]',
  'budgets.components': '[agent/researcher]',
  exclude: '[team/*]',
  session_headers: '[x-openwebui-chat-id]',
  authorization_servers: '[https://issuer.example.com]',
  default: 'agent/researcher',
  path: '/chat',
  model: 'agent/titles',
  sha256: '["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]',
  scopes: '[agents:read, agents:run]',
  user: 'ada',
  expires_at: '2027-01-31',
  'api_keys.name': 'ci-nightly',
  store: 'redis://localhost:6379',
  file: 'gateway.log',
  access_file: 'access.log',
}

/** Values of the types that `fields.ts` names in the schema. */
const BY_TITLE: Readonly<Record<string, string>> = {
  URL: 'http://localhost:7777',
  duration: '30s',
  size: '64KiB',
  window: '1d',
}

/**
 * Lines with a valid value, for the key or list item at a path.
 *
 * @returns undefined for a path that the schema does not have
 */
export function exampleFor(path: Path): readonly string[] | undefined {
  const schema = schemaAt(path)
  if (schema === undefined) return undefined
  const names = path.filter((part) => typeof part !== 'number').map(String)
  const key = names.at(-1)
  if (key === undefined) return undefined
  if (typeof path.at(-1) !== 'number') return pair(names, schema)
  return itemOf(names, schema)
}

/** An item: the first one of the example of its list. */
function itemOf(names: readonly string[], schema: JsonSchema): readonly string[] {
  const [list = '', ...items] = pair(names, { type: 'array', items: schema })
  if (items.length > 0) return items.map((line) => line.slice(2))
  const [, first = '…'] = /\[(.*?)(?:,.*)?\]/.exec(list) ?? []
  return [`- ${first}`]
}

/** A key with its value, on one or several lines. */
function pair(names: readonly string[], given: JsonSchema): readonly string[] {
  const key = names.at(-1) ?? ''
  const whole = byName(WHOLE, names)
  if (whole !== undefined) return whole
  const schema = resolved(given)
  if (isStepList(schema)) return [`${key}:`, '  - name: draft', '    agent: writer']
  const plain = plainValue(names, schema)
  if (plain !== undefined) return [`${key}: ${plain}`]
  const branch = branchesOf(schema).find((one) => one.properties ?? one.items)
  if (branch?.properties) return [`${key}:`, ...keysOf(names, branch).map((line) => `  ${line}`)]
  if (branch?.items === undefined) return [`${key}: text`]
  const item = branchesOf(resolved(branch.items)).find(({ properties }) => properties)
  if (item === undefined) return [`${key}: […]`]
  const lines = keysOf(names, item)
  return [`${key}:`, ...lines.map((line, index) => `  ${index === 0 ? '-' : ' '} ${line}`)]
}

/** Whether a schema is a list of steps of a workflow. */
function isStepList(schema: JsonSchema): boolean {
  const [item] = branchesOf(schema).flatMap(({ items }) => items ?? [])
  return item !== undefined && resolved(item).properties?.['parallel'] !== undefined
}

/** A text, number, flag or list of such. */
function plainValue(names: readonly string[], schema: JsonSchema): string | undefined {
  const named = byName(VALUES, names)
  const { default: usual } = schema
  if (typeof usual !== 'object' && usual !== undefined) return String(usual)
  const branches = branchesOf(schema)
  if (branches.some(({ type }) => type === 'boolean')) return 'true'
  const words = branches.flatMap((branch) => branch.enum ?? branch.const ?? []).map(String)
  if (words.length > 0) return words.find((word) => word === named) ?? words[0]
  if (named !== undefined && !branches.some(({ properties }) => properties)) return named
  const titled = branches.find(({ title }) => title !== undefined && title in BY_TITLE)
  if (titled?.title !== undefined) return BY_TITLE[titled.title]
  const number = branches.find(({ type }) => type === 'integer')
  return number === undefined ? undefined : String(Math.max(1, number.minimum ?? 1))
}

/** The required keys of a mapping with the address of an upstream, or its main key. */
function keysOf(names: readonly string[], { properties = {}, required = [] }: JsonSchema) {
  const [first = ''] = Object.keys(properties)
  const main = MAIN_KEYS[names.at(-1) ?? ''] ?? first
  const shown = required.length > 0 ? required : [main]
  const address = ['url', 'upstream'].find((name) => required.length > 0 && name in properties)
  const all = address === undefined || shown.includes(address) ? shown : [...shown, address]
  return all.slice(0, MOST_KEYS).flatMap((key) => pair([...names, key], properties[key] ?? {}))
}

function branchesOf(schema: JsonSchema): readonly JsonSchema[] {
  return schema.anyOf?.flatMap((one) => branchesOf(resolved(one))) ?? [schema]
}

/** An entry for the section and the key, else for the key alone. */
function byName<Entry>(table: Readonly<Record<string, Entry>>, names: readonly string[]) {
  return table[names.slice(-2).join('.')] ?? table[names.at(-1) ?? '']
}
