/** `agentos-gateway key create`: makes an API key and the lines of the configuration that accept it. */
import { loadConfigText } from '../config/load.ts'
import type { ApiKeyConfig } from '../config/types.ts'
import { apiKeyDigest, createApiKey } from '../src/auth/api-key.ts'
import type { GivenOptions } from './option-table.ts'
import { scopesIn, UsageError } from './option-table.ts'
import { scopeNotes } from './scope-notes.ts'

/** Rights of a key without `--scope`: to find components and to run them. AgentOS gives its service accounts the same. */
const DEFAULT_SCOPES = [
  'agents:read',
  'agents:run',
  'teams:read',
  'teams:run',
  'workflows:read',
  'workflows:run',
  'sessions:read',
  'config:read',
]

/**
 * Prints the key on standard output, and the lines of the configuration on standard error. The key is stored nowhere.
 *
 * @returns exit code 0
 * @throws {UsageError} for options that no configuration accepts
 */
export function key(operands: readonly string[], options: GivenOptions): number {
  const [action, ...more] = operands
  if (action !== 'create' || more.length > 0) throw new UsageError('write: key create --name NAME')
  const { name } = options
  if (name === undefined) throw new UsageError('key create needs --name, such as --name ci-nightly')
  const created = createApiKey()
  const entry = entryOf(created, name, options)
  const { expiresAtMs = Number.POSITIVE_INFINITY } = acceptedKey(entry)
  process.stdout.write(`${created}\n`)
  const notes = scopeNotes(scopesIn(options))
  if (expiresAtMs <= Date.now()) {
    notes.push(`${options.expires} has passed: every request with the key is refused`)
  }
  process.stderr.write(
    [
      'The key above is shown once. These lines accept it, in mode api_key or jwt:',
      '',
      'auth:',
      '  api_keys:',
      ...Object.entries(entry).map(
        ([key, value], index) => `${index === 0 ? '    - ' : '      '}${key}: ${shown(value)}`,
      ),
      '',
      ...notes.map((note) => `note: ${note}`),
    ]
      .join('\n')
      .concat(notes.length > 0 ? '\n' : ''),
  )
  return 0
}

type Entry = Readonly<Record<string, string | readonly string[]>>

function entryOf(created: string, name: string, options: GivenOptions): Entry {
  const { sub, expires } = options
  const scopes = scopesIn(options)
  return {
    name,
    sha256: apiKeyDigest(created),
    scopes: scopes.length > 0 ? scopes : DEFAULT_SCOPES,
    ...(sub !== undefined && { user: sub }),
    ...(expires !== undefined && { expires_at: expires }),
  }
}

/** JSON is YAML too. @returns text on one line */
function shown(value: string | readonly string[]): string {
  return typeof value === 'string'
    ? JSON.stringify(value)
    : `[${value.map((each) => JSON.stringify(each)).join(', ')}]`
}

/** Returns the key as a configuration reads it. @throws {UsageError} in the words of the configuration's own errors */
function acceptedKey(entry: Entry): ApiKeyConfig {
  const auth = { mode: 'api_key', api_keys: [entry] }
  const document = { upstreams: [{ name: 'a', url: 'http://127.0.0.1' }], auth }
  try {
    const config = loadConfigText(JSON.stringify(document), 'key', {})
    return config.auth.apiKeys[0] as ApiKeyConfig
  } catch (error) {
    const { issues = [] } = error as { issues?: readonly { path: string; message: string }[] }
    const said = issues.map(({ path, message }) => `${path.split('.').at(-1)}: ${message}`)
    throw new UsageError(`no configuration accepts this key: ${said.join('; ')}`)
  }
}
