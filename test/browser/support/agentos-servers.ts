/**
 * Starts real AgentOS servers of both releases once for all test files, each without and with required
 * tokens, using the scripted model of the conformance suite.
 */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TestProject } from 'vitest/node'
import { freePort } from '../../support/free-port.ts'
import { killed } from '../../support/killed.ts'

/** A running server and its properties. */
export interface RealAgentOs {
  readonly name: string
  readonly release: string
  readonly url: string
  /** The server requires tokens signed with {@link REAL_SECRET}. */
  readonly isLocked: boolean
}

declare module 'vitest' {
  interface ProvidedContext {
    agentOses: RealAgentOs[]
    /** Servers of `console_server.py`, one of each release. */
    consoleOses: RealAgentOs[]
  }
}

/** Signing key of the servers that require a token. */
export const REAL_SECRET = 'a-secret-for-browser-tests-of-32-bytes-and-more'

const SPECS = [
  { name: 'old', release: '2.9.0', isLocked: false },
  { name: 'new', release: '3.1.10', isLocked: false },
  { name: 'old-locked', release: '2.9.0', isLocked: true },
  { name: 'new-locked', release: '3.1.10', isLocked: true },
]
const PROGRAMS = resolve('test/conformance')
const CONSOLE_PROGRAM = resolve('test/browser/support/console_server.py')

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'agentos-'))
  const children: ChildProcess[] = []
  const start = (release: string, program: string, options: readonly string[]) => {
    const log = openSync(join(directory, `${children.length}.log`), 'w')
    const python = resolve(`.venvs/agno-${release}/bin/python`)
    const child = spawn(python, ['-B', resolve(PROGRAMS, program), ...options], {
      cwd: directory,
      stdio: ['ignore', log, log],
    })
    children.push(child)
  }
  const modelPort = await freePort()
  const modelUrl = `http://127.0.0.1:${modelPort}`
  start('3.1.10', 'model_server.py', ['--port', String(modelPort)])
  const agentOses: RealAgentOs[] = []
  for (const { name, release, isLocked } of SPECS) {
    const port = await freePort()
    const options = ['--name', name, '--port', String(port), '--db', join(directory, `${name}.db`)]
    options.push('--model-url', modelUrl)
    if (isLocked) options.push('--jwt', REAL_SECRET)
    start(release, 'agentos_server.py', options)
    agentOses.push({ name, release, url: `http://127.0.0.1:${port}`, isLocked })
  }
  const consoleOses: RealAgentOs[] = []
  for (const spec of SPECS.filter(({ isLocked }) => !isLocked)) {
    const port = await freePort()
    const database = join(directory, `console-${spec.name}.db`)
    const options = ['--name', spec.name, '--port', String(port), '--db', database]
    start(spec.release, CONSOLE_PROGRAM, [...options, '--model-url', modelUrl])
    consoleOses.push({ ...spec, url: `http://127.0.0.1:${port}` })
  }
  project.provide('agentOses', agentOses)
  project.provide('consoleOses', consoleOses)
  return async () => {
    await Promise.all(children.map((child) => killed(child)))
    await rm(directory, { recursive: true })
  }
}
