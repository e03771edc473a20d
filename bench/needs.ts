/** Finds or creates the programs that the peers need, or reports them as missing. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PeerName } from './peer-commands.ts'
import { isThere } from './process.ts'

const ROOT = join(import.meta.dirname, '..')

/** Peers that come from the Python registry: each venv has its requirements in `bench/peers`. */
interface Venv {
  readonly folder: string
  readonly requirements: string
  /** Program of each peer in the venv's `bin`, and the arguments that show whether it works. */
  readonly programs: Readonly<Partial<Record<PeerName, readonly [string, ...string[]]>>>
}

const VENVS: readonly Venv[] = [
  {
    folder: '.venvs/bench',
    requirements: 'requirements.txt',
    programs: {
      agno: ['python', '-B', '-c', 'import agno.os, openai, uvicorn, uvloop, httptools'],
    },
  },
  {
    folder: '.venvs/bench-proxies',
    requirements: 'proxies.txt',
    programs: {
      envoy: ['envoy', '--version'],
      traefik: ['traefik', 'version'],
      caddy: ['caddy', 'version'],
    },
  },
  {
    folder: '.venvs/bench-litellm',
    requirements: 'litellm.txt',
    programs: { litellm: ['litellm', '--version'] },
  },
]

/** Programs of the wanted peers, and the peers that cannot take part, each with the reason. */
export interface Needs {
  readonly programs: ReadonlyMap<PeerName, string>
  readonly missing: ReadonlyMap<PeerName, string>
}

/** @param isMade whether a venv may be created, which takes minutes and a package index */
export function findPrograms(wanted: readonly PeerName[], isMade: boolean): Needs {
  const programs = new Map<PeerName, string>()
  const missing = new Map<PeerName, string>()
  if (wanted.includes('nginx') && !isThere('nginx', ['-v'])) {
    missing.set('nginx', 'no nginx on the path (Debian: apt-get install nginx-light)')
  }
  for (const venv of VENVS) {
    const peers = wanted.filter((name) => name in venv.programs)
    if (peers.length === 0) continue
    const reason = prepared(venv, isMade)
    for (const peer of peers) {
      const [program, ...args] = venv.programs[peer] as readonly [string, ...string[]]
      const file = join(ROOT, venv.folder, 'bin', program)
      if (reason === undefined && isThere(file, args)) programs.set(peer, file)
      else missing.set(peer, reason ?? `${file} does not run`)
    }
  }
  return { programs, missing }
}

/** Creates the venv where it is missing or has other requirements. @returns the reason for a missing one */
function prepared({ folder, requirements }: Venv, isMade: boolean): string | undefined {
  const directory = join(ROOT, folder)
  const stamp = join(directory, 'requirements.stamp')
  const file = join(import.meta.dirname, 'peers', requirements)
  const wanted = readFileSync(file)
  if (existsSync(stamp) && readFileSync(stamp).equals(wanted)) return undefined
  if (!isMade) return `no ${folder}; a run without --short makes it`
  try {
    process.stdout.write(`making ${folder}\n`)
    execFileSync('python3', ['-m', 'venv', '--clear', directory], { stdio: 'pipe' })
    const pip = ['install', '--quiet', '--disable-pip-version-check', '--no-input']
    execFileSync(join(directory, 'bin/pip'), [...pip, '-r', file], { stdio: 'pipe' })
    writeFileSync(stamp, wanted)
    return undefined
  } catch (error) {
    return `could not make ${folder}: ${(error as Error).message.split('\n', 1)[0]}`
  }
}
