/** Formats configuration lines for messages. Values that may be secret are replaced by `…`. */
import { isKnownKey } from './known-keys.ts'
import { isPlain } from './plain-text.ts'

/** A suggestion with lines to copy. */
export interface Hint {
  readonly message: string
  readonly example: readonly string[]
}

/** Keys whose values are not secret. */
const OPEN_KEYS = new Set([
  'name',
  'url',
  'urls',
  'base_url',
  'host',
  'port',
  'id',
  'agent_id',
  'team_id',
  'workflow_id',
  'upstream',
  'prefix',
  'protocol',
  'origins',
  'trusted_proxies',
])
/** Formats `key: value`, or `key: …` for a value that may be secret. */
export function shownPair(key: string, value: unknown): string {
  return `${isKnownKey(key) ? key : '…'}:${shownValue(key, value)}`
}

function shownValue(key: string, value: unknown): string {
  if (value === undefined || value === null || value === '') return ''
  return ` ${isShown(key, value) ? value : '…'}`
}

/** Whether a message may repeat the value. */
export function isShown(key: string, value: unknown): boolean {
  return OPEN_KEYS.has(key) && (typeof value === 'number' || isPlain(value))
}
