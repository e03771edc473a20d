/** Ends a child process at once. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Resolves once the process has exited; at once if it had exited before. */
export async function killed(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL') {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}
