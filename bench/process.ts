/** A measured process: started pinned to a core, asked for its CPU time and memory through /proc. */

import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'

/** Clock ticks per second of /proc/PID/stat (sysconf(_SC_CLK_TCK), 100 on Linux). */
const TICKS_PER_SECOND = 100

export interface Usage {
  /** User and system time in µs, of the process and its descendants. */
  readonly cpuUs: number
  readonly rssKb: number
}

export class Measured {
  readonly #child: ChildProcess
  readonly #pid: number

  private constructor(child: ChildProcess, pid: number) {
    this.#child = child
    this.#pid = pid
  }

  /** @param core core to pin to, where `taskset` is there */
  static start(
    command: readonly string[],
    core: number | undefined,
    env: NodeJS.ProcessEnv = {},
  ): Measured {
    const pinned = core === undefined ? command : ['taskset', '-c', String(core), ...command]
    const [file, ...args] = pinned as [string, ...string[]]
    const child = spawn(file, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    if (child.pid === undefined) throw new Error(`could not start ${command.join(' ')}`)
    return new Measured(child, child.pid)
  }

  /** The first line the process prints. */
  async firstLine(): Promise<string> {
    const [data] = (await once(this.#child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
    this.#child.stdout?.resume()
    return data.toString('utf8').split('\n', 1)[0] as string
  }

  usage(): Usage {
    let cpuUs = 0
    let rssKb = 0
    for (const pid of this.#family()) {
      const stat = statOf(pid)
      cpuUs += ((stat.utime + stat.stime) * 1e6) / TICKS_PER_SECOND
      rssKb += rssOf(pid)
    }
    return { cpuUs, rssKb }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 2_000)
    await once(this.#child, 'exit')
    clearTimeout(timer)
  }

  #family(): number[] {
    const children = new Map<number, number[]>()
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue
      const { ppid } = statOf(Number(name))
      children.set(ppid, [...(children.get(ppid) ?? []), Number(name)])
    }
    const family = [this.#pid]
    for (const pid of family) family.push(...(children.get(pid) ?? []))
    return family
  }
}

function statOf(pid: number): { ppid: number; utime: number; stime: number } {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { ppid: Number(fields[1]), utime: Number(fields[11]), stime: Number(fields[12]) }
  } catch {
    return { ppid: 0, utime: 0, stime: 0 }
  }
}

function rssOf(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
