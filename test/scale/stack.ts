/** Starts the Compose file with two gateways for the tests. */
import { execFile } from 'node:child_process'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from '../support/free-port.ts'

const FILE = 'deploy/compose-scale/docker-compose.yml'
const execute = promisify(execFile)

export type Service =
  | 'balancer'
  | 'gateway-1'
  | 'gateway-2'
  | 'research-1'
  | 'research-2'
  | 'valkey'

export class Stack {
  /** Base URL of the balancer. */
  readonly url: string
  readonly #environment: NodeJS.ProcessEnv

  private constructor(port: number) {
    this.url = `http://127.0.0.1:${port}`
    this.#environment = { ...process.env, GATEWAY_PORT: `${port}` }
  }

  /** Builds and starts the services and waits until all are healthy. */
  static async up(): Promise<Stack> {
    const stack = new Stack(await freePort())
    await stack.compose('up', '-d', '--build', '--wait', '--wait-timeout', '120')
    return stack
  }

  async down(): Promise<void> {
    await this.compose('down', '-t', '2')
  }

  /** @returns the output of Compose. @throws when it fails */
  async compose(...args: readonly string[]): Promise<string> {
    const { stdout } = await execute('docker', ['compose', '-f', FILE, ...args], {
      env: this.#environment,
      maxBuffer: 64 * 1024 * 1024,
    })
    return stdout
  }

  /** Returns the address of a service on Docker's network, which the host can reach. */
  async addressOf(service: Service): Promise<string> {
    const id = (await this.compose('ps', '-q', service)).trim()
    const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'
    const { stdout } = await execute('docker', ['inspect', '-f', format, id])
    return `http://${stdout.trim()}:8080`
  }

  /** Recreates the container of a service, as after a new image; resolves once it is healthy. */
  async renew(service: Service): Promise<void> {
    const options = ['--no-deps', '--force-recreate', '--wait', '--wait-timeout', '60']
    await this.compose('up', '-d', ...options, service)
  }

  /** Resolves once the balancer uses this many gateways. */
  async balancerSees(count: number): Promise<void> {
    const deadline = performance.now() + 60_000
    while (performance.now() < deadline) {
      const ready = new Set<string | null>()
      for (let asked = 0; asked < 8; asked++) {
        const answer = await fetch(`${this.url}/health`)
        ready.add(((await answer.json()) as { instantiated_at: string }).instantiated_at)
      }
      if (ready.size === count) return
      await setTimeout(200)
    }
    throw new Error(`the balancer does not see ${count} gateways`)
  }
}
