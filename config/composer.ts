/** Resolves the section `composer`: where composed runs are stored, and how a separate composer reaches the gateway. */
import type { ComposerConfig, DatabaseConfig } from './composition-types.ts'
import { resolveTls } from './connection.ts'
import type { ParseIssue } from './explain.ts'
import type { ReadText } from './jwt-keys.ts'
import type { FileConfig } from './schema.ts'

/** @param context reads the files that the section names, and collects its mistakes */
export function resolveComposer(
  { database, keep, gateway_url, tls }: FileConfig['composer'],
  context: { readonly read: ReadText; readonly issues: ParseIssue[] },
): ComposerConfig {
  const path = ['composer', 'tls']
  if (tls !== undefined && gateway_url === undefined) {
    context.issues.push({ path, message: 'needs composer.gateway_url' })
  }
  return {
    database: databaseOf(database),
    keepMs: keep,
    gatewayUrl: gateway_url,
    gatewayTls: resolveTls(tls, path, context),
  }
}

function databaseOf(text: string): DatabaseConfig {
  return text.startsWith('sqlite:')
    ? { kind: 'sqlite', file: text.slice('sqlite:'.length) }
    : { kind: 'postgres', url: text }
}
