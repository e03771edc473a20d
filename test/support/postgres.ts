/** Starts a real PostgreSQL for one test; see test/compose/run.sh for where its programs come from. */
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import { onTestFinished } from 'vitest'
import { freePort } from './free-port.ts'
import { killed } from './killed.ts'

/** Where Debian installs PostgreSQL, one folder a version. */
const DEBIAN = '/usr/lib/postgresql'
/** User and group `nobody`: PostgreSQL refuses to run as root. */
const NOBODY = 65_534

/** A running server. */
export interface RunningPostgres {
  /** URL of an empty database. */
  readonly url: string
  /** Ends the server at once. */
  kill(): Promise<void>
  /** Starts it again with its data. */
  start(): Promise<void>
  /** Ends the server and removes its data. */
  remove(): Promise<void>
}

function programs(): string {
  const { POSTGRES_BIN } = process.env
  if (POSTGRES_BIN !== undefined) return POSTGRES_BIN
  const [version = ''] = existsSync(DEBIAN) ? readdirSync(DEBIAN) : []
  return join(DEBIAN, version, 'bin')
}

/** Listens on loopback until the test is over. */
export async function startPostgres(): Promise<RunningPostgres> {
  const server = await launchPostgres()
  onTestFinished(() => server.remove())
  return server
}

/** Listens on loopback until it is removed. */
export async function launchPostgres(): Promise<RunningPostgres> {
  const bin = programs()
  const directory = mkdtempSync(join(tmpdir(), 'postgres-'))
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  if (user.uid !== undefined) chownSync(directory, NOBODY, NOBODY)
  chmodSync(directory, 0o700)
  const data = join(directory, 'data')
  const options = { ...user, cwd: directory, stdio: 'ignore' as const }
  const initdb = ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync']
  execFileSync(join(bin, 'initdb'), initdb, options)
  const port = await freePort()
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  let child: ReturnType<typeof spawn> | undefined
  const start = async () => {
    const settings = [
      'listen_addresses=127.0.0.1',
      'fsync=off',
      'max_connections=200',
      `unix_socket_directories=${directory}`,
    ]
    const args = ['-D', data, '-p', `${port}`, ...settings.flatMap((setting) => ['-c', setting])]
    const started = spawn(join(bin, 'postgres'), args, options)
    child = started
    while (!(await answers(url))) {
      if (started.exitCode !== null) throw new Error(`PostgreSQL ended with ${started.exitCode}`)
      await setTimeout(50)
    }
  }
  const kill = async () => {
    // Immediate shutdown: without it the server's children would hold the port.
    if (child !== undefined) await killed(child, 'SIGQUIT')
  }
  const remove = async () => {
    await kill()
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    await start()
  } catch (error) {
    await remove()
    throw error
  }
  return { url, kill, start, remove }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('SELECT 1')
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}
