/** Starts fake AgentOS processes that can be killed, frozen and restarted on the same port. */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { freePort } from '../../support/free-port.ts'
import { killed } from '../../support/killed.ts'
import { until } from './wait.ts'

const PROGRAM = fileURLToPath(new URL('./agentos.ts', import.meta.url))

export interface Replica {
  readonly name: string
  readonly url: string
  readonly port: number
  /** Kills the process and resolves after its exit. Connections end only as the operating system ends them. */
  kill(): Promise<void>
  /** Stops the process: connections stay open and nothing is answered. */
  freeze(): void
  thaw(): void
  /** Starts again on the same port with empty memory. Resolves once it accepts connections. */
  start(): Promise<void>
}

/** The requests that reached the replicas of one test. */
export class Journal {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  /** Returns replica and id of every entry of one kind. */
  all(
    what: 'start' | 'end' | 'stray' | 'halt',
  ): { readonly replica: string; readonly id: string }[] {
    const lines = readFileSync(this.#file, 'utf8').split('\n')
    return lines.flatMap((line) => {
      const [word, replica = '', id = ''] = line.split(' ')
      return word === what ? [{ replica, id }] : []
    })
  }

  /** Returns ids of runs that were started more than once, of which there must be none. */
  twice(): string[] {
    const seen = new Set<string>()
    return this.all('start').flatMap(({ id }) => (seen.size === seen.add(id).size ? [id] : []))
  }
}

/** Resolves once a replica receives a run that started after this call. */
export async function untilUsed(journal: Journal, name: string): Promise<void> {
  const startsThen = journal.all('start').length
  const isUsed = () =>
    journal
      .all('start')
      .slice(startsThen)
      .some(({ replica }) => replica === name)
  await until(isUsed, `${name} is used again`)
}

export interface Replicas {
  readonly all: readonly Replica[]
  readonly urls: readonly string[]
  readonly journal: Journal
}

/**
 * @param names one for each replica
 * @param hosts addresses to listen on; default 127.0.0.1
 * @param samePort all replicas on one port, each on its own host
 */
export async function startReplicas(
  names: readonly string[],
  { hosts = [], samePort = false }: { hosts?: readonly string[]; samePort?: boolean } = {},
): Promise<Replicas> {
  const directory = await mkdtemp(join(tmpdir(), 'faults-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const file = join(directory, 'journal')
  writeFileSync(file, '')
  const shared = samePort ? await freePort() : undefined
  const all: Replica[] = []
  for (const [index, name] of names.entries()) {
    const port = shared ?? (await freePort())
    all.push(replicaAt(name, hosts[index] ?? '127.0.0.1', port, file))
  }
  await Promise.all(all.map((replica) => replica.start()))
  return { all, urls: all.map(({ url }) => url), journal: new Journal(file) }
}

function replicaAt(name: string, host: string, port: number, journal: string): Replica {
  let child: ChildProcess | undefined
  const start = async () => {
    child = spawn(process.execPath, [PROGRAM, name, host, `${port}`, journal], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [text] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
    if (!text.toString().startsWith('ready')) throw new Error(`${name} said ${text}`)
  }
  const kill = async () => {
    if (child !== undefined) await killed(child)
  }
  onTestFinished(kill)
  return {
    name,
    url: `http://${host}:${port}`,
    port,
    kill,
    freeze: () => child?.kill('SIGSTOP'),
    thaw: () => child?.kill('SIGCONT'),
    start,
  }
}
