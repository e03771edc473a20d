/** Starts a gateway with a composer in the test's own process, connected by Unix sockets as in production. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { withComposer } from '../../cli/composer-upstream.ts'
import type { Composer, ComposerOptions } from '../../composer/app.ts'
import { buildComposer } from '../../composer/app.ts'
import { SqliteStore } from '../../src/compose/sqlite-store.ts'
import type { RunningGateway } from './gateway.ts'
import { configOf, startGateway } from './gateway.ts'

/** Key that signs the identity of continued runs. */
const KEY = 'a key of the test'

/** A gateway, its composer, and the file with the composer's data. */
export interface ComposingGateway extends RunningGateway {
  readonly composer: Composer
  readonly databaseFile: string
}

/**
 * Starts a gateway that listens until the test ends. It resolves when the composer's components are listed.
 *
 * @param document keys of the configuration file, with at least one composed component
 * @param ready upstreams that answer. Default: all
 */
export async function startComposing(
  document: { readonly upstreams: readonly { readonly name: string; readonly url: string }[] },
  options: Partial<ComposerOptions> = {},
  ready = document.upstreams.map(({ name }) => name),
): Promise<ComposingGateway> {
  const directory = mkdtempSync(join(tmpdir(), 'composer-test-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const socketPath = join(directory, 'composer.sock')
  const memberPath = join(directory, 'members.sock')
  const databaseFile = join(directory, 'composer.db')
  const gateway = await startGateway(document, {
    ready,
    adapt: (config) => withComposer(config, { socketPath, key: KEY }),
  })
  await gateway.app.listenForMembers(memberPath)
  const { composition } = configOf(document)
  if (composition === undefined) throw new Error('nothing is composed')
  const composer = buildComposer({
    composition,
    gateway: { socketPath: memberPath },
    store: new SqliteStore(databaseFile),
    logger: pino({ level: 'silent' }),
    key: KEY,
    ...options,
  })
  onTestFinished(() => composer.close())
  await composer.app.listen({ path: socketPath })
  await gateway.upstreamIs('composer', 'ready')
  return { ...gateway, composer, databaseFile }
}
