/** The gateway as a process of its own, started as a user starts it. */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { LogLine } from './log-capture.ts'

export interface GatewayProcess {
  readonly url: string
  readonly child: ChildProcess
  /** From the start of the process to its log line `listening`, in milliseconds. */
  readonly listeningAfterMs: number
  /** Resident memory in bytes: now, and the most there ever was. */
  memory(): Promise<{ now: number; peak: number }>
  /** Writes the configuration file anew: its keys, or its text. */
  configure(content: object | string): Promise<void>
  /** The first log line that matches, now or when it comes. */
  until(matches: (line: LogLine) => boolean): Promise<LogLine>
  /** Resolves with the exit code. */
  readonly exited: Promise<number | null>
}

/** @param document keys of the configuration file; JSON is YAML */
export async function startProcess(document: object): Promise<GatewayProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'gateway-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const file = join(directory, 'gateway.yaml')
  const configure = (content: object | string) =>
    writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
  await configure(document)
  const server = fileURLToPath(new URL('../../server.ts', import.meta.url))
  const startedAt = performance.now()
  const child = spawn(process.execPath, [server, '--config', file, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
  })
  const until = linesOf(child)
  const { url } = await until(({ msg }) => msg === 'listening')
  const listeningAfterMs = performance.now() - startedAt
  const memory = () => memoryOf(child)
  return { url: String(url), child, listeningAfterMs, memory, configure, until, exited }
}

function linesOf(child: ChildProcess) {
  const lines: LogLine[] = []
  const waiting = new Set<() => void>()
  if (child.stdout === null) throw new Error('the process has no output')
  createInterface({ input: child.stdout }).on('line', (text) => {
    if (!text.startsWith('{')) return
    lines.push(JSON.parse(text) as LogLine)
    for (const look of waiting) look()
  })
  return (matches: (line: LogLine) => boolean): Promise<LogLine> => {
    const { promise, resolve } = Promise.withResolvers<LogLine>()
    const look = () => {
      const line = lines.find(matches)
      if (line === undefined) return
      waiting.delete(look)
      resolve(line)
    }
    waiting.add(look)
    look()
    return promise
  }
}

async function memoryOf({ pid }: ChildProcess) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const bytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) * 1024
  return { now: bytes('VmRSS'), peak: bytes('VmHWM') }
}
