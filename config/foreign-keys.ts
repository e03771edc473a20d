/** Maps keys of other programs to the keys of this one. New rows may be added. */

import { isPlain } from './plain-text.ts'
import type { Hint } from './shown-line.ts'

interface ForeignKey {
  /** Section of the key; `''` is the top of the file. */
  readonly in: string
  readonly keys: readonly string[]
  /** Lines that replace the key. @param value as written, if it may be shown */
  readonly lines: (value: string) => readonly string[]
}

const BEARER = () => ['credentials: { bearer: "${TOKEN}" }    # callers\' own tokens: forward']
const HS256 = () => ['keys:', '  - { alg: HS256, secret: "${JWT_SECRET_KEY}" }']

const FOREIGN_KEYS: readonly ForeignKey[] = [
  {
    in: '',
    keys: [
      'servers',
      'backends',
      'targets',
      'instances',
      'remotes',
      'services',
      'endpoints',
      'agentos',
      'agent_os',
    ],
    lines: () => ['upstreams:', '  - name: research', '    url: http://localhost:7777'],
  },
  { in: '', keys: ['debug', 'verbose'], lines: () => ['log:', '  level: debug'] },
  {
    in: '',
    keys: ['bind', 'address', 'hostname'],
    lines: (value) => ['listen:', `  host: ${value}`],
  },
  {
    in: '',
    keys: ['secret', 'jwt_secret', 'jwt', 'jwt_secret_key'],
    lines: () => ['auth:', '  mode: jwt', ...HS256().map((line) => `  ${line}`)],
  },
  {
    in: '',
    keys: ['security_key', 'api_key'],
    lines: () => ['auth:', '  mode: security_key', '  security_key: "${OS_SECURITY_KEY}"'],
  },
  { in: '', keys: ['redis', 'valkey'], lines: () => ['store: "${REDIS_URL}"'] },
  {
    in: '',
    keys: ['allowed_origins', 'allow_origins'],
    lines: () => ['cors:', '  origins: [https://app.example.com]'],
  },
  {
    in: 'upstreams',
    keys: ['token', 'api_key', 'apikey', 'bearer', 'authorization', 'auth', 'jwt', 'security_key'],
    lines: BEARER,
  },
  {
    in: 'upstreams',
    keys: ['base_url', 'address', 'endpoint', 'host', 'uri', 'server', 'target'],
    lines: (value) => [`url: ${value}`],
  },
  {
    in: 'upstreams',
    keys: ['replicas', 'hosts', 'servers', 'targets', 'endpoints', 'instances', 'addresses'],
    lines: () => ['urls:', '  - http://localhost:7777', '  - http://localhost:7778'],
  },
  { in: 'upstreams', keys: ['id'], lines: (value) => [`name: ${value}`] },
  { in: 'agents', keys: ['name'], lines: (value) => [`agent_id: ${value}`] },
  { in: 'agents', keys: ['url'], lines: (value) => [`base_url: ${value}`] },
  { in: 'teams', keys: ['name'], lines: (value) => [`team_id: ${value}`] },
  { in: 'teams', keys: ['url'], lines: (value) => [`base_url: ${value}`] },
  { in: 'workflows', keys: ['name'], lines: (value) => [`workflow_id: ${value}`] },
  { in: 'workflows', keys: ['url'], lines: (value) => [`base_url: ${value}`] },
  {
    in: 'auth',
    keys: ['secret', 'jwt_secret', 'secret_key', 'key', 'jwt_secret_key'],
    lines: HS256,
  },
  { in: 'auth', keys: ['type', 'kind'], lines: () => ['mode: jwt'] },
  { in: 'auth', keys: ['jwks', 'jwks_uri'], lines: (value) => [`jwks_url: ${value}`] },
]

/** @param above path of the section that contains the key */
export function foreignKey(
  above: readonly PropertyKey[],
  key: string,
  value: unknown,
): Hint | undefined {
  const section = above.filter((part) => typeof part !== 'number').join('.')
  const plain = key.toLowerCase().replaceAll('-', '_')
  const found = FOREIGN_KEYS.find((one) => one.in === section && one.keys.includes(plain))
  if (found === undefined) return undefined
  return { message: 'unknown key', example: found.lines(isPlain(value) ? value : '…') }
}
