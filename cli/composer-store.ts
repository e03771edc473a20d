/** Opens the database of a composer, and says loudly when nothing can be stored. */
import { accessSync, constants, mkdirSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { FastifyBaseLogger } from 'fastify'
import type { DatabaseConfig } from '../config/composition-types.ts'
import { SqliteStore } from '../src/compose/sqlite-store.ts'
import type { ComposeStore } from '../src/compose/store.ts'

/**
 * Opens the database. A SQLite file that cannot be written is replaced by memory, because composed runs are worth more
 * than their history.
 *
 * @throws Error when PostgreSQL cannot be reached: several composers may share its runs
 */
export async function openStore(
  database: DatabaseConfig,
  logger: FastifyBaseLogger,
): Promise<ComposeStore> {
  if (database.kind === 'postgres') {
    const { PostgresStore } = await import('../src/compose/postgres-store.ts')
    return await PostgresStore.open(database.url, (error) => {
      logger.error({ err: error }, 'the database of the composer fails')
    })
  }
  const { file } = database
  if (file === ':memory:') {
    logger.warn('composer.database is sqlite::memory: sessions and runs are lost when it ends')
    return new SqliteStore(file)
  }
  try {
    mkdirSync(dirname(file), { recursive: true })
    accessSync(dirname(file), constants.W_OK)
    warnOfEphemeral(file, logger)
    return new SqliteStore(file)
  } catch (error) {
    logger.error(
      { err: error, file },
      'THE DATABASE OF THE COMPOSER CANNOT BE WRITTEN: sessions and runs are lost when it ends. Set composer.database',
    )
    return new SqliteStore(':memory:')
  }
}

/** File systems that end with their container or machine, by their magic number. @see statfs(2) */
const EPHEMERAL: ReadonlyMap<number, string> = new Map([
  [0x01021994, 'tmpfs'],
  [0x794c7630, 'overlay'],
])

function warnOfEphemeral(file: string, logger: FastifyBaseLogger): void {
  const fileSystem = EPHEMERAL.get(statfsSync(dirname(file)).type)
  if (fileSystem === undefined) return
  logger.warn(
    { file, fileSystem },
    'composer.database lies in a file system that ends with its container: sessions and runs are lost then',
  )
}
