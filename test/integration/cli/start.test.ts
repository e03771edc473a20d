/** Tests which configuration a start uses, and its output for people. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { temporaryDirectory } from '../../support/certificates.ts'
import { command } from '../../support/cli.ts'
import { answerJson } from '../../support/fake-upstream.ts'
import { killed } from '../../support/killed.ts'

const SERVER = fileURLToPath(new URL('../../../server.ts', import.meta.url))

/** Starts in a directory with this `gateway.yaml`. */
async function startIn(document: object, args: readonly string[] = [], env = {}) {
  const cwd = temporaryDirectory()
  writeFileSync(join(cwd, 'gateway.yaml'), JSON.stringify({ listen: { port: 0 }, ...document }))
  const child = spawn(process.execPath, [SERVER, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => killed(child))
  const output = { stdout: '', stderr: '' }
  const waiting: (() => void)[] = []
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
      for (const look of waiting) look()
    })
  }
  const until = (isThere: () => boolean) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const look = () => isThere() && resolve()
    waiting.push(look)
    look()
    return promise
  }
  return { child, output, until }
}

async function upstream() {
  const { url } = await startAgentOs({ agents: ['echo'], teams: ['duo'] }, (_, response) =>
    answerJson(response, { detail: 'Not Found' }, 404),
  )
  return [{ name: 'research', url }]
}

test.each([1, 2])('start uses gateway.yaml of its directory with %i worker(s)', async (workers) => {
  const { output, until } = await startIn({ upstreams: await upstream(), workers })
  await until(() => output.stderr.includes('Next:'))
  expect(output.stderr).toMatch(/on http:\/\/127\.0\.0\.1:\d+, from gateway\.yaml\n/)
  expect(output.stderr).toMatch(/ {2}research {2}1 agent, 1 team\n/)
  expect(output.stderr).toContain('auth      none')
  expect(output.stdout).toMatch(/^\{"level":30,"time":\d+,/)
})

test('start serves the demo with --demo beside a gateway.yaml', async () => {
  const { output, until } = await startIn({ upstreams: [] }, ['--demo', '--port', '0'])
  await until(() => output.stderr.includes('Next:'))
  expect(output.stderr).toContain('with two demo AgentOS instances')
  const [, url = ''] = /on (http:\/\/\S+),/.exec(output.stderr) ?? []
  const ids = async (kind: string) => {
    const list = (await (await fetch(`${url}/${kind}`)).json()) as { id: string }[]
    return list.map(({ id }) => id)
  }
  await expect.poll(() => ids('teams')).toContain('studio')
  const body = new URLSearchParams({ message: 'a poem about Saturn', stream: 'false' })
  const run = await fetch(`${url}/teams/studio/runs`, { method: 'POST', body })
  const expected = { status: 'COMPLETED', content: expect.stringContaining('Saturn') }
  expect(await run.json()).toMatchObject(expected)
})

test("the log's level names and time format are configurable", async () => {
  const log = { level_format: 'name', time_format: 'iso' }
  const { output, until } = await startIn({ upstreams: await upstream(), log })
  await until(() => output.stdout.includes('"listening"'))
  expect(output.stdout).toMatch(/^\{"level":"info","time":"\d{4}-\d\d-\d\dT[\d:.]+Z",/)
})

test('log.format text writes text into a pipe', async () => {
  const log = { format: 'text' }
  const { output, until } = await startIn({ upstreams: await upstream(), log })
  await until(() => output.stdout.includes(' listening url='))
  expect(output.stdout).toMatch(/^\d\d:\d\d:\d\d\.\d{3} info {2}gateway {2}/)
})

test('a second SIGTERM ends a start with open streams at once', async () => {
  const { child, output, until } = await startIn({ upstreams: await upstream(), drain_delay: '1h' })
  await until(() => output.stderr.includes('Next:'))
  child.kill('SIGTERM')
  await until(() => output.stdout.includes('"draining"'))
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([1, null])
})

test('a SIGTERM during the start of workers ends every process', async () => {
  const { child } = await startIn({ upstreams: await upstream(), workers: 2 })
  const children = () => readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')
  while (children() === '') await setImmediate()
  const [first = ''] = children().split(' ')
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
  expect(existsSync(`/proc/${first}`)).toBe(false)
})

test.each([
  [['--conf', 'x'], "unknown option '--conf', did you mean '--config'?"],
  [['--conf=x'], "unknown option '--conf', did you mean '--config'?"],
  [['gateway.yaml'], "unknown command 'gateway.yaml', did you mean '--config gateway.yaml'?"],
  [['http://a:1'], "unknown command 'http://a:1', did you mean 'init http://a:1'?"],
  [['--port', '99999'], "--port needs a port from 0 to 65535, not '99999'"],
  [['serve'], "unknown command 'serve'"],
])('the arguments %j are refused with a suggestion', async (args, expected) => {
  const { code, stderr } = await command(args)
  expect(code).toBe(64)
  expect(stderr).toContain(expected)
})

test('a refused command names the help of its own command', async () => {
  expect((await command(['doctor'])).stderr).toContain("Try 'agentos-gateway doctor --help'.")
  expect((await command(['--prot'])).stderr).toContain("Try 'agentos-gateway --help'.")
})

test('a command without a configuration names the ways to get one', async () => {
  for (const args of [['check'], ['token'], ['compose']]) {
    const { code, stderr } = await command(args, { cwd: temporaryDirectory() })
    expect(code).toBe(78)
    expect(stderr).toBe(
      'gateway.yaml: no such file here: name another one with --config FILE, or write it with agentos-gateway init URL\n',
    )
  }
})
