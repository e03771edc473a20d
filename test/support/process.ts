/** Starts the gateway as a separate process, as a user does. */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { ConfigMapVolume } from './config-map.ts'
import type { LogLine } from './log-capture.ts'

export interface GatewayProcess {
  readonly url: string
  readonly child: ChildProcess
  /** Time from the start of the process to its log line `listening`, in milliseconds. */
  readonly listeningAfterMs: number
  /** Returns the resident memory in bytes: now and at its peak. */
  memory(): Promise<{ now: number; peak: number }>
  /** Rewrites the configuration file with these keys or this text. */
  configure(content: object | string): Promise<void>
  /** Returns the first matching log line, waiting for it if needed. */
  until(matches: (line: LogLine) => boolean): Promise<LogLine>
  /** Returns the matching log lines so far. */
  lines(matches: (line: LogLine) => boolean): LogLine[]
  /** Resolves with the exit code. */
  readonly exited: Promise<number | null>
}

/** Options for an unusual start of the process. */
export interface ProcessOptions {
  /** Command line that wraps the process, such as one that sets limits. */
  readonly wrapper?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  /** Default: a free port. Required when the log does not go to standard output. */
  readonly port?: number
  /** Command of the program. Default: it serves as a gateway. */
  readonly command?: string
  /** File to run. Default: `server.ts`. */
  readonly program?: string
  /** Module that is loaded first and reports over the IPC channel of the process. */
  readonly probe?: string
  /** Layout of the configuration on disk. Default: one file. */
  readonly layout?: 'file' | 'config-map'
}

/** @param document keys of the configuration file; JSON is YAML. Undefined for no file. */
export async function startProcess(
  document: object | undefined,
  options: ProcessOptions = {},
): Promise<GatewayProcess> {
  const {
    wrapper = [],
    env = {},
    command: task,
    port = 0,
    program = 'server.ts',
    layout = 'file',
    probe,
  } = options
  const directory = await mkdtemp(join(tmpdir(), 'gateway-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const volume = new ConfigMapVolume(directory, 'gateway.yaml')
  const { file } = volume
  const configure = (content: object | string) => {
    const text = typeof content === 'string' ? content : JSON.stringify(content)
    return layout === 'config-map' ? volume.write(text) : writeFile(file, text)
  }
  if (document !== undefined) await configure(document)
  const configuration = document === undefined ? [] : ['--config', file]
  const server = fileURLToPath(new URL(`../../${program}`, import.meta.url))
  const startedAt = performance.now()
  const words = [
    ...wrapper,
    process.execPath,
    ...(probe ? ['--import', probe] : []),
    server,
    ...(task === undefined ? [] : [task]),
    ...configuration,
    '--port',
    `${port}`,
  ]
  const [command, ...args] = words as [string, ...string[]]
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'inherit', ...(probe ? (['ipc'] as const) : [])],
    env: { ...process.env, ...env },
  })
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  const failed = exited.then((code) => Promise.reject(new Error(`ended with exit code ${code}`)))
  failed.catch(() => {})
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
  })
  const { until, lines } = linesOf(child)
  const listening =
    port === 0
      ? until(({ msg }) => msg === 'listening').then((line) => line['url'])
      : answering(port)
  const url = await Promise.race([listening, failed])
  const listeningAfterMs = performance.now() - startedAt
  const memory = () => memoryOf(child)
  return { url: String(url), child, listeningAfterMs, memory, configure, until, lines, exited }
}

/** Resolves with the URL once a server answers there. */
async function answering(port: number): Promise<string> {
  const url = `http://127.0.0.1:${port}`
  for (;;) {
    const answer = await fetch(`${url}/health`).catch(() => undefined)
    if (answer?.ok) return url
    await setImmediate()
  }
}

function linesOf(child: ChildProcess) {
  const lines: LogLine[] = []
  const waiting = new Set<() => void>()
  if (child.stdout === null) throw new Error('the process has no output')
  createInterface({ input: child.stdout }).on('line', (text) => {
    if (!text.startsWith('{')) return
    const line = JSON.parse(text) as LogLine
    // Access lines would use most of the memory under load, and no test reads them here.
    if (line['msg'] === 'request') return
    lines.push(line)
    for (const look of waiting) look()
  })
  const until = (matches: (line: LogLine) => boolean): Promise<LogLine> => {
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
  return { until, lines: (matches: (line: LogLine) => boolean) => lines.filter(matches) }
}

async function memoryOf({ pid }: ChildProcess) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const bytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) * 1024
  return { now: bytes('VmRSS'), peak: bytes('VmHWM') }
}
