/** Records what the figures depend on besides the code. */
import { execFileSync } from 'node:child_process'
import { cpus, loadavg, release } from 'node:os'

/** Origin of the figures. */
export interface Provenance {
  readonly commit: string
  /** The checkout has uncommitted changes. */
  readonly isDirty: boolean
  readonly at: string
  readonly machine: {
    readonly cpu: string | undefined
    readonly cores: number
    readonly kernel: string
    readonly node: string
    readonly nginx: string | undefined
    /** Load average of the last minute before the measurement; above 1 the machine was busy. */
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

/**
 * Raises the limit of open files: 10,000 streams need two descriptors each in a proxy. Requires the
 * permission to do so.
 */
export function withManyFiles(): void {
  output('prlimit', ['--pid', String(process.pid), '--nofile=65536:65536'])
}

/** Returns the output of a program on both streams; undefined when it fails. */
function output(program: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync('sh', ['-c', '"$0" "$@" 2>&1', program, ...args], {
      encoding: 'utf8',
    }).trim()
  } catch {
    return undefined
  }
}
