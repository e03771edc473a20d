/** A measured process: pinned to a core, with CPU time and memory read from /proc. */

import type { ChildProcess } from 'node:child_process'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

/** Clock ticks per second of /proc/PID/stat (sysconf(_SC_CLK_TCK), 100 on Linux). */
const TICKS_PER_SECOND = 100

export interface Usage {
  /** User and system time in µs, of the process and its descendants. */
  readonly cpuUs: number
  readonly rssKb: number
}

export class Measured {
  readonly #child: ChildProcess
  readonly pid: number
  #family: readonly number[] | undefined

  private constructor(child: ChildProcess, pid: number) {
    this.#child = child
    this.pid = pid
  }

  /** @param core core to pin to, if `taskset` is installed */
  static start(
    command: readonly string[],
    core: number | undefined,
    env: NodeJS.ProcessEnv = {},
  ): Measured {
    const isPinned = core !== undefined && HAS_TASKSET
    const pinned = isPinned ? ['taskset', '-c', String(core), ...command] : command
    const [file, ...args] = pinned as [string, ...string[]]
    const child = spawn(file, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    // A log on standard output is read, as a supervisor does.
    child.stdout?.resume()
    if (child.pid === undefined) throw new Error(`could not start ${command.join(' ')}`)
    return new Measured(child, child.pid)
  }

  /** Returns the first line that the process prints. */
  async firstLine(): Promise<string> {
    const [data] = (await once(this.#child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
    return data.toString('utf8').split('\n', 1)[0] as string
  }

  get hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  usage(): Usage {
    let cpuUs = 0
    let rssKb = 0
    for (const pid of this.#pids()) {
      cpuUs += cpuOf(pid)
      rssKb += kbOf(pid, 'VmRSS')
    }
    return { cpuUs, rssKb }
  }

  /** Resets the value of {@link peakKb}. */
  resetPeak(): void {
    for (const pid of this.#pids()) writeFileSync(`/proc/${pid}/clear_refs`, '5')
  }

  /** Returns the peak memory since {@link resetPeak}, as recorded by the kernel. */
  peakKb(): number {
    return this.#pids().reduce((sum, pid) => sum + kbOf(pid, 'VmHWM'), 0)
  }

  /** @param callback called once the process has ended */
  onStopped(callback: () => void): void {
    this.#child.once('exit', callback)
  }

  async stop(): Promise<void> {
    if (this.hasExited) return
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 2_000)
    await once(this.#child, 'exit')
    clearTimeout(timer)
  }

  /** The processes that serve: the workers where there are several, else the process itself. */
  get servers(): readonly number[] {
    const [root, ...children] = this.#pids()
    return children.length > 0 ? children : [root as number]
  }

  /** Read once after the start: no measured process starts others later. */
  #pids(): readonly number[] {
    this.#family ??= familyOf(this.pid)
    return this.#family
  }
}

function familyOf(root: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const parent = Number(statOf(Number(name))[1])
    children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const family = [root]
  for (const pid of family) family.push(...(children.get(pid) ?? []))
  return family
}

/** Returns CPU time in µs: exact if the scheduler reports it, else in ticks of 10 ms. */
function cpuOf(pid: number): number {
  try {
    let milliseconds = 0
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      const text = readFileSync(`/proc/${pid}/task/${task}/sched`, 'latin1')
      milliseconds += Number(/sum_exec_runtime\s*:\s*([\d.]+)/.exec(text)?.[1])
    }
    if (milliseconds > 0) return milliseconds * 1000
  } catch {
    // This kernel has no scheduler statistics.
  }
  const fields = statOf(pid)
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / TICKS_PER_SECOND
}

/** Returns the fields of /proc/PID/stat after the name; the first is the state. */
function statOf(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}

function kbOf(pid: number, name: 'VmRSS' | 'VmHWM'): number {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'latin1')
    return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** Returns whether a program is installed and accepts these arguments. */
export function isThere(program: string, args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Moves this process, which generates the load, off the core of the proxies. */
export function pinSelf(core: number): void {
  if (!HAS_TASKSET) return
  execFileSync('taskset', ['-acp', String(core), String(process.pid)], { stdio: 'ignore' })
}

const HAS_TASKSET = isThere('taskset', ['--version'])
