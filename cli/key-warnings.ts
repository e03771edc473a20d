/** Finds API keys that the upstreams or their own scopes make useless. Part of `check`. */
import type { GatewayConfig } from '../config/types.ts'
import type { UpstreamReport } from './inspect.ts'
import { scopeNotes } from './scope-notes.ts'

/** @param reports of the upstreams, with the authentication that each requires */
export function keyWarnings(
  { auth, upstreams }: GatewayConfig,
  reports: readonly Pick<UpstreamReport, 'name' | 'auth'>[],
): string[] {
  if (auth.apiKeys.length === 0) return []
  const locked = upstreams.filter(({ name, credentials }) => {
    const required = reports.find((report) => report.name === name)?.auth ?? 'none'
    return credentials.kind === 'forward' && required !== 'none' && required !== 'unknown'
  })
  return [
    ...locked.map(
      ({ name }) =>
        `upstream '${name}' requires a token, and credentials: forward sends none for callers with an API key: use mint or bearer`,
    ),
    ...auth.apiKeys.flatMap(({ name, scopes }) =>
      scopeNotes(scopes, auth.adminScope).map((note) => `auth.api_keys: key '${name}': ${note}`),
    ),
  ]
}
