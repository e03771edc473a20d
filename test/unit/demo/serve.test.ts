import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'

function serve(...args: string[]) {
  const child = spawn(process.execPath, ['demo/serve.ts', ...args])
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

test('a single demo AgentOS exits with 0 on SIGTERM', async () => {
  const child = serve('--name', 'demo-b', '--port', '0')
  const [line] = await once(createInterface(child.stdout), 'line')
  const url = /^demo-b listens on (http:\/\/127\.0\.0\.1:\d+)$/.exec(line)?.[1]
  const agents = (await (await fetch(`${url}/agents`)).json()) as { id: string }[]
  expect(agents.map(({ id }) => id)).toEqual(['poet', 'critic'])

  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('an unknown demo name is refused with the list of names', async () => {
  const child = serve('--name', 'demo-z')
  const exit = once(child, 'exit')
  const [line] = await once(createInterface(child.stderr), 'line')
  expect(line).toBe("no demo is named 'demo-z'; there are demo-a and demo-b")
  expect(await exit).toEqual([64, null])
})
