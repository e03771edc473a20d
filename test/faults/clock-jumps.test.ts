import { globSync, renameSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Caller, isWhole } from './support/caller.ts'
import { documentOf, startBuilt } from './support/gateway.ts'
import { Load } from './support/load.ts'
import { startReplicas } from './support/replicas.ts'
import { report } from './support/report.ts'
import { lasting, memoryOf, until } from './support/wait.ts'

const JUMPS = ['+2d', '-2d', '+400d', '+0']
const EVENTS = 120

/** Returns the environment of a process whose wall clock alone follows an offset in a file. */
async function movableClock() {
  const [library] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')
  if (library === undefined) throw new Error('install faketime, for example with apt-get')
  const directory = await mkdtemp(join(tmpdir(), 'clock-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const file = join(directory, 'time')
  const set = (offset: string) => {
    writeFileSync(`${file}.new`, `${offset}\n`)
    renameSync(`${file}.new`, file)
  }
  set('+0')
  const env = {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
  }
  return { set, env }
}

test('jumps of the wall clock fail no request and no stream', async () => {
  const clock = await movableClock()
  const replicas = await startReplicas(['a', 'b'])
  const rate_limit = [{ max: 5_000, window: '2s', by: 'address' }]
  const document = documentOf(replicas, { rate_limit, heartbeat: '1s' }, { policy: 'round_robin' })
  const gateway = await startBuilt(document, { env: clock.env })
  const load = new Load([gateway.url], { workers: 8 }).begin()
  await until(() => load.requests > 100, 'load')
  const before = memoryOf(gateway.child.pid)
  const caller = new Caller({ urls: [gateway.url], agent: load.agent })
  const streams = Array.from({ length: 20 }, (_, n) =>
    caller.follow(`s${n}`, `&events=${EVENTS}&every=100`),
  )
  const clockOf = async () =>
    Date.parse((await fetch(`${gateway.url}/health`)).headers.get('date') ?? '')
  for (const jump of JUMPS) {
    const then = await clockOf()
    clock.set(jump)
    // The process has observed the jump.
    await until(
      async () => Math.abs((await clockOf()) - then) > 3_600_000,
      `the clock jumps ${jump}`,
    )
    await lasting(2_000)
  }
  for (const stream of streams) {
    const heard = await stream
    expect(isWhole(heard, EVENTS)).toBe(true)
    expect(heard.resumed).toBe(0)
  }
  await load.end()
  report({
    no: 12,
    fault: 'Wall clock jumps by +2, −4, +402 and −400 days',
    requests: load.requests + streams.length,
    allowed: 0,
    seen: load.failures.length,
    memory: { before, after: memoryOf(gateway.child.pid) },
  })
  expect(load.wrong).toEqual({})
  expect(replicas.journal.twice()).toEqual([])
})
