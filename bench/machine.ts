/** What figures depend on besides the code. */
import { execFileSync } from 'node:child_process'
import { cpus, loadavg, release } from 'node:os'

/** Where figures come from. */
export interface Provenance {
  readonly commit: string
  /** Something was changed and not committed. */
  readonly isDirty: boolean
  readonly at: string
  readonly machine: {
    readonly cpu: string | undefined
    readonly cores: number
    readonly kernel: string
    readonly node: string
    readonly nginx: string | undefined
    /** Of the last minute, before anything was measured: above 1, figures are those of a busy machine. */
    readonly load: number
  }
}

export function provenance(): Provenance {
  return {
    commit: output('git', ['rev-parse', '--short', 'HEAD']) ?? 'unknown',
    isDirty: output('git', ['status', '--porcelain']) !== '',
    at: new Date().toISOString(),
    machine: {
      cpu: cpus()[0]?.model,
      cores: cpus().length,
      kernel: release(),
      node: process.version,
      nginx: /nginx\/([\d.]+)/.exec(output('nginx', ['-v']) ?? '')?.[1],
      load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
    },
  }
}

/** 10,000 streams are two descriptors each in a proxy: more than many machines allow unasked. Needs the right to it. */
export function withManyFiles(): void {
  output('prlimit', ['--pid', String(process.pid), '--nofile=65536:65536'])
}

/** What a program prints, on either stream; undefined when it fails. */
function output(program: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync('sh', ['-c', '"$0" "$@" 2>&1', program, ...args], {
      encoding: 'utf8',
    }).trim()
  } catch {
    return undefined
  }
}
