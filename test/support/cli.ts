/** Runs commands as a user types them, each in a separate process. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { temporaryDirectory } from './certificates.ts'

export interface CommandResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly cwd?: string
  /** Added to the variables of this process. */
  readonly env?: Readonly<Record<string, string>>
}

/** Runs `agentos-gateway` to its end. */
export async function command(
  args: readonly string[],
  { cwd, env = {} }: CommandOptions = {},
): Promise<CommandResult> {
  const server = fileURLToPath(new URL('../../server.ts', import.meta.url))
  const child = spawn(process.execPath, [server, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ])
  return { code, stdout, stderr }
}

/** Writes a configuration file that is removed when the test ends. @param document its keys; JSON is YAML */
export function configFile(document: object, name = 'gateway.yaml'): string {
  const file = join(temporaryDirectory(), name)
  writeFileSync(file, JSON.stringify(document))
  return file
}
