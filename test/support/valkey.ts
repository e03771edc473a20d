/** Starts a real Valkey or Redis for one test; needs `valkey-server` or `redis-server` on the path. */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { onTestFinished } from 'vitest'
import { executable } from './executable.ts'
import { freePort } from './free-port.ts'
import { killed } from './killed.ts'

export interface RunningValkey {
  readonly url: string
  /** Stops answering while every connection stays open. */
  freeze(): void
  thaw(): void
  /** Kills the server; resolves after its exit. */
  kill(): Promise<void>
  /** Starts the server again on the same port with no data. */
  start(): Promise<void>
}

/** Starts a server that stores nothing on disk. */
export async function startValkey(): Promise<RunningValkey> {
  const port = await freePort()
  let child: ChildProcess | undefined
  const start = async () => {
    const options = ['--port', `${port}`, '--save', '', '--appendonly', 'no']
    child = spawn(
      executable('valkey-server', 'redis-server'),
      [...options, '--bind', '127.0.0.1'],
      { stdio: 'ignore' },
    )
    while (!(await answers(port))) {
      if (child.exitCode !== null) throw new Error(`the store ended with ${child.exitCode}`)
    }
  }
  const kill = async () => {
    if (child !== undefined) await killed(child)
  }
  onTestFinished(kill)
  await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    freeze: () => child?.kill('SIGSTOP'),
    thaw: () => child?.kill('SIGCONT'),
    kill,
    start,
  }
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    socket.write('PING\r\n')
    const [reply] = await once(socket, 'data')
    return String(reply).startsWith('+PONG')
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
