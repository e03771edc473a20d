/** Decides which configuration values may be shown. Denies by default: a key that is not on the list is a secret. */
import type { JsonSchema } from './json-schema.ts'

/** Keys whose values are never secrets. Names of files are shown, contents are not. */
const SHOWN = new Set([
  '$schema',
  'access_file',
  'admin_scope',
  'agent',
  'agent_id',
  'alg',
  'allowed',
  'audience',
  'base_url',
  'ca_file',
  'cert_file',
  'claims',
  'client_ca_file',
  'choose',
  'confirm',
  'cookie_name',
  'database',
  'database_prefix',
  'description',
  'expires_at',
  'file',
  'gateway_url',
  'host',
  'id',
  'if',
  'input',
  'instructions',
  'issuer',
  'jwks_file',
  'jwks_url',
  'key_file',
  'kid',
  'message',
  'model',
  'name',
  'origins',
  'path',
  'prefix',
  'private_key_file',
  'provider',
  'public_key_file',
  'review',
  'scopes',
  'scopes_claim',
  'session_headers',
  'secret_file',
  'server_name',
  'store',
  'team',
  'team_id',
  'trusted_proxies',
  'until',
  'upstream',
  'url',
  'urls',
  'user',
  'when',
  'workflow',
  'workflow_id',
])
/** Value types that cannot contain a secret. */
const PLAIN_TITLES = new Set(['duration', 'size'])
const PLAIN_TYPES = new Set<unknown>(['boolean', 'integer', 'number'])
const SECRET_NAME = /SECRET|TOKEN|PASS|KEY|CREDENTIAL|AUTH/i

/** @param variables variables in the value: one with the name of a secret hides the value */
export function isShownKey(
  path: readonly PropertyKey[],
  schema: JsonSchema,
  { value, variables }: { readonly value: unknown; readonly variables: readonly string[] },
): boolean {
  if (variables.some((name) => SECRET_NAME.test(name))) return false
  if (typeof value === 'boolean' || isEmptyList(value)) return true
  if (isPlain(schema) || wordsIn(schema).includes(value)) return true
  return SHOWN.has(String(path.findLast((part) => typeof part === 'string')))
}

const isEmptyList = (value: unknown) => Array.isArray(value) && value.length === 0

/** Words of the schema's enumerations: none of them is a secret, even for a key with free text. */
function wordsIn({ enum: words = [], const: word, anyOf = [] }: JsonSchema): readonly unknown[] {
  return [...words, ...(word === undefined ? [] : [word]), ...anyOf.flatMap(wordsIn)]
}

function isPlain({ title, type, enum: words, const: word, anyOf, items }: JsonSchema): boolean {
  if (words !== undefined || word !== undefined) return true
  if (PLAIN_TITLES.has(title ?? '') || PLAIN_TYPES.has(type)) return true
  if (items !== undefined) return isPlain(items)
  // The branch for references has only a pattern.
  const branches = anyOf?.filter(({ pattern }) => pattern !== '\\$\\{') ?? []
  return branches.length > 0 && branches.every(isPlain)
}

/** Removes user, password and query from an address; other texts stay unchanged. */
export function shownText(text: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return text
  const url = URL.parse(text)
  if (url === null) return text.replace(/\/\/[^/]*@/, '//')
  url.username = ''
  url.password = ''
  const isPlainUrl = url.search === '' && url.hash === '' && !/\/\/[^/]*@/.test(text)
  url.search = ''
  url.hash = ''
  return isPlainUrl ? text : url.href
}
