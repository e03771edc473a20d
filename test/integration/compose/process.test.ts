/** Tests the composer as a separate process: the gateway starts, restarts, reloads and ends it. */
import { expect, test } from 'vitest'
import type { LogLine } from '../../support/log-capture.ts'
import type { GatewayProcess } from '../../support/process.ts'
import { startProcess } from '../../support/process.ts'
import { startScripted } from '../../unit/compose/scripted.ts'

const isReady = ({ upstream, state }: LogLine) => upstream === 'composer' && state === 'ready'

async function start(workflows: readonly object[]): Promise<GatewayProcess> {
  const { upstream } = await startScripted()
  const document = {
    upstreams: [{ name: 'one', url: upstream.url }],
    workflows,
    composer: { database: 'sqlite::memory:' },
  }
  const gateway = await startProcess(document)
  await gateway.until(isReady)
  return { ...gateway, configure: (more) => gateway.configure({ ...document, ...Object(more) }) }
}

const workflow = (id: string, more: object = {}) => ({
  id,
  steps: [{ name: 'a', agent: 'echo', ...more }],
})

async function content(gateway: GatewayProcess, id: string): Promise<unknown> {
  const body = new URLSearchParams({ message: 'x', stream: 'false' })
  const response = await fetch(`${gateway.url}/workflows/${id}/runs`, { method: 'POST', body })
  return ((await response.json()) as { content?: unknown }).content
}

test('the gateway restarts a killed composer', async () => {
  const gateway = await start([workflow('w')])
  expect(await content(gateway, 'w')).toBe('echo(x)')
  const { pid } = await gateway.until(({ msg }) => msg === 'composer listening')
  process.kill(Number(pid), 'SIGKILL')
  await gateway.until(({ msg, pid: other }) => msg === 'composer listening' && other !== pid)
  await expect.poll(() => content(gateway, 'w')).toBe('echo(x)')
})

test('a valid file changes the workflows, and an invalid expression is refused', async () => {
  const gateway = await start([workflow('w')])
  await gateway.configure({ workflows: [workflow('v', { input: 'new {{input}}' })] })
  await expect.poll(() => content(gateway, 'v')).toBe('echo(new x)')
  const broken = { id: 'v', steps: [{ name: 'a', if: 'input ==' }] }
  await gateway.configure({ workflows: [broken] })
  const refused = 'compositions refused: the previous ones stay in force'
  const line = await gateway.until(({ msg }) => msg === refused)
  const place = /gateway\.yaml:1:\d+ workflows\[0\]\.steps\[0\]\.if: /
  expect(String(line['issues'])).toMatch(place)
  const whole = 'configuration refused: the previous one stays in force'
  const { issues } = await gateway.until(({ msg }) => msg === whole)
  expect(String(issues)).toMatch(place)
  expect(await content(gateway, 'v')).toBe('echo(new x)')
})

test('the composer exits when its gateway is killed', async () => {
  const gateway = await start([workflow('w')])
  const { pid } = await gateway.until(({ msg }) => msg === 'composer listening')
  gateway.child.kill('SIGKILL')
  await gateway.exited
  const isThere = () => {
    try {
      return process.kill(Number(pid), 0)
    } catch {
      return false
    }
  }
  await expect.poll(isThere).toBe(false)
})
