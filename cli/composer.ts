/** Supervises the composer: starts it as a child process of the gateway, and restarts it when it exits. */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { RestartBackoff } from '../src/workers/restart-backoff.ts'
import {
  COMPOSER_KEY_VARIABLE,
  MEMBER_SOCKET_VARIABLE,
  RESTARTS_VARIABLE,
} from './composer-upstream.ts'
import type { Peer } from './workers/channel.ts'
import { Channel } from './workers/channel.ts'

/** Time for a composer to suspend its runs, and to end. */
const STOP_MS = 10_000

/** Options of a composer process. */
export interface SupervisorOptions {
  /** Configuration file; undefined when an environment variable holds the configuration. */
  readonly file: string | undefined
  /** Directories for the socket when the system's directory for temporary files is not writable. Default none. */
  readonly directories?: readonly string[]
  /** Additional environment variables. */
  readonly env?: Readonly<Record<string, string>>
}

/** Starts and restarts the composer. */
export class ComposerSupervisor {
  /** Path of the socket. Only the current user can open its directory, because the composer authenticates no client. */
  readonly socketPath: string
  /** Path of the gateway's socket for calls of members, in the same directory. */
  readonly memberPath: string
  readonly key: string
  readonly #directory: string
  readonly #options: SupervisorOptions
  readonly #backoff = new RestartBackoff()
  #process: ChildProcess | undefined
  #channel: Channel | undefined
  #isEnding = false
  #restarts = 0

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#directory = privateDirectory(options.directories ?? [])
    this.key = randomBytes(32).toString('base64url')
    this.socketPath = join(this.#directory, 'composer.sock')
    this.memberPath = join(this.#directory, 'members.sock')
  }

  /** Called when the gateway listens for calls of members. */
  start(logger: FastifyBaseLogger): void {
    const { file, env } = this.#options
    const given = file === undefined ? [] : ['--config', file]
    // A killed composer does not remove its socket.
    rmSync(this.socketPath, { force: true })
    const child = spawn(
      process.execPath,
      [process.argv[1] ?? '', 'compose', ...given, '--socket', this.socketPath],
      {
        // The channel closes when the gateway ends, even when it crashes.
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        env: {
          ...process.env,
          ...env,
          [MEMBER_SOCKET_VARIABLE]: this.memberPath,
          [COMPOSER_KEY_VARIABLE]: this.key,
          [RESTARTS_VARIABLE]: String(this.#restarts),
        },
      },
    )
    const startedAtMs = performance.now()
    this.#process = child
    const channel = new Channel(child as unknown as Peer, () => undefined)
    this.#channel = channel
    this.#restarts++
    child.once('error', (error) => logger.error({ err: error }, 'the composer failed to start'))
    child.once('exit', (code, signal) => {
      this.#process = undefined
      channel.close()
      if (this.#isEnding) return
      const pauseMs = this.#backoff.pauseAfter(performance.now() - startedAtMs)
      logger.error({ code, signal, pauseMs }, 'the composer exited: restarting it')
      void setTimeout(pauseMs, undefined, { ref: false }).then(() => {
        if (!this.#isEnding) this.start(logger)
      })
    })
  }

  /** Makes the composer reload the configuration. */
  reload(): void {
    this.#process?.kill('SIGHUP')
  }

  /**
   * Leaves the runs in progress to the next composer. Their responses stay open, so that the gateway ends them with an
   * error that names the reason.
   */
  async suspend(): Promise<void> {
    this.#isEnding = true
    await this.#channel?.ask('suspend', undefined, STOP_MS).catch(() => undefined)
  }

  /** Ends the process of the composer. */
  async close(): Promise<void> {
    this.#isEnding = true
    const child = this.#process
    if (child) {
      const ended = new Promise((resolve) => {
        child.once('exit', resolve)
      })
      this.#channel?.notify('close')
      await Promise.race([ended, setTimeout(STOP_MS, undefined, { ref: false })])
      child.kill('SIGKILL')
    }
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

/** Creates a directory that only this user can open. A container with a read-only file system has no writable `/tmp`. */
function privateDirectory(others: readonly string[]): string {
  let refusal: unknown
  for (const parent of [tmpdir(), ...others, '/dev/shm']) {
    try {
      mkdirSync(parent, { recursive: true })
      return mkdtempSync(join(parent, 'agentos-composer-'))
    } catch (error) {
      refusal ??= error
    }
  }
  throw refusal
}
