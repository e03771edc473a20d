/** Finds or creates the programs that the peers need, or reports them as missing. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PeerName } from './peers.ts'
import { isThere } from './process.ts'

const ROOT = join(import.meta.dirname, '..')
const REQUIREMENTS = join(import.meta.dirname, 'peers/requirements.txt')
const NEEDED_BY_AGNO = 'import agno.os, openai, uvicorn, uvloop, httptools'

/** Peers that cannot take part, each with the reason. */
export type Missing = ReadonlyMap<PeerName, string>

/** A Python interpreter with the requirements of Agno's gateway. */
export interface Python {
  readonly file: string | undefined
  /** Reason for a missing interpreter. */
  readonly reason: string
}

/**
 * Returns the interpreter at `given`, or that of `.venvs/bench`, which is created when missing.
 *
 * @param isMade whether it may be created, which takes a minute and a package index
 */
export function findPython(given: string | undefined, isMade: boolean): Python {
  const venv = join(ROOT, '.venvs/bench')
  const file = given ?? join(venv, 'bin/python')
  if (isReady(file, venv, given !== undefined)) return { file, reason: '' }
  if (given !== undefined)
    return { file: undefined, reason: `${given} lacks what ${REQUIREMENTS} names` }
  if (!isMade) return { file: undefined, reason: `no ${file}; a run without --short makes it` }
  try {
    process.stdout.write(`making ${venv} for Agno's own gateway\n`)
    execFileSync('python3', ['-m', 'venv', '--clear', venv], { stdio: 'pipe' })
    const pip = ['install', '--quiet', '--disable-pip-version-check', '--no-input']
    execFileSync(join(venv, 'bin/pip'), [...pip, '-r', REQUIREMENTS], { stdio: 'pipe' })
    writeFileSync(join(venv, 'requirements.stamp'), readFileSync(REQUIREMENTS))
    return { file, reason: '' }
  } catch (error) {
    const reason = `could not make ${venv}: ${(error as Error).message.split('\n', 1)[0]}`
    return { file: undefined, reason }
  }
}

function isReady(file: string, venv: string, isGiven: boolean): boolean {
  const stamp = join(venv, 'requirements.stamp')
  const isCurrent =
    isGiven || (existsSync(stamp) && readFileSync(stamp).equals(readFileSync(REQUIREMENTS)))
  return isCurrent && isThere(file, ['-B', '-c', NEEDED_BY_AGNO])
}

/** Returns the wanted peers that cannot be started here. */
export function missingAmong(wanted: readonly PeerName[], python: Python): Missing {
  const missing = new Map<PeerName, string>()
  if (wanted.includes('nginx') && !isThere('nginx', ['-v'])) {
    missing.set('nginx', 'no nginx on the path (Debian: apt-get install nginx-light)')
  }
  if (wanted.includes('agno') && python.file === undefined) missing.set('agno', python.reason)
  return missing
}
