/** Starts real AgentOS servers from the environments of the conformance suite. */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished } from 'vitest'
import { freePort } from '../support/free-port.ts'

/** A running AgentOS. */
export interface MemberServer {
  readonly url: string
  /** How often the tool `pay` has run. */
  readonly payments: () => number
  /** Ends the process with SIGKILL. */
  kill(): Promise<void>
  /** Starts it again, at the same address and with its database. Resolves when it answers. */
  start(): Promise<void>
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/**
 * Starts a server that listens until the test ends.
 *
 * @param release `agno-2.9.0` or `agno-3.1.10`
 * @param members ids of its agents
 */
export async function startMembers(
  release: string,
  members: readonly string[],
  modelUrl: string,
): Promise<MemberServer> {
  const directory = mkdtempSync(join(tmpdir(), 'members-'))
  const paid = join(directory, 'paid')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const isThere = () =>
    fetch(`${url}/health`)
      .then(({ ok }) => ok)
      .catch(() => false)
  let child: ChildProcess | undefined
  const start = async () => {
    child = spawn(
      `${ROOT}.venvs/${release}/bin/uvicorn`,
      ['members:app', '--port', String(port), '--log-level', 'warning'],
      {
        cwd: fileURLToPath(new URL('.', import.meta.url)),
        stdio: ['ignore', 'inherit', 'inherit'],
        env: {
          ...process.env,
          PYTHONDONTWRITEBYTECODE: '1',
          AGNO_TELEMETRY: 'false',
          DB: join(directory, 'members.db'),
          OS_ID: release,
          MEMBERS: members.join(','),
          MODEL_URL: modelUrl,
          PAID: paid,
        },
      },
    )
    await expect.poll(isThere, { timeout: 40_000, interval: 200 }).toBe(true)
  }
  const kill = async () => {
    if (child === undefined || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
  onTestFinished(async () => {
    await kill()
    rmSync(directory, { recursive: true, force: true })
  })
  await start()
  const payments = () =>
    existsSync(paid) ? readFileSync(paid, 'utf8').trim().split('\n').length : 0
  return { url, payments, kill, start }
}
