import { globSync, utimesSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { documentOf, startBuilt } from './support/gateway.ts'
import { Load } from './support/load.ts'
import { startReplicas } from './support/replicas.ts'
import { report } from './support/report.ts'
import { lasting, memoryOf, until } from './support/wait.ts'

const NAME = 'agents.example'

/** Returns the environment of a process that resolves a name to the addresses in a file. */
async function ownNames() {
  const [library] = globSync('/usr/lib/*/libnss_wrapper.so')
  if (library === undefined) throw new Error('install libnss-wrapper, for example with apt-get')
  const directory = await mkdtemp(join(tmpdir(), 'names-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const file = join(directory, 'hosts')
  let modified = 1_000_000_000
  const point = (addresses: readonly string[]) => {
    writeFileSync(file, addresses.map((address) => `${address} ${NAME}\n`).join(''))
    // The library reads the file again only if its modification time differs in whole seconds.
    utimesSync(file, ++modified, modified)
  }
  return { point, env: { LD_PRELOAD: library, NSS_WRAPPER_HOSTS: file } }
}

test('requests follow a name to its new address without a failure', async () => {
  const names = await ownNames()
  const hosts = ['127.0.0.1', '127.0.0.2']
  const replicas = await startReplicas(['old', 'new'], { hosts, samePort: true })
  const [old] = replicas.all
  names.point(['127.0.0.1'])
  const document = documentOf({ urls: [`http://${NAME}:${old?.port}`] }, {}, { dns_ttl: '1s' })
  const gateway = await startBuilt(document, { env: names.env })
  const load = new Load([gateway.url], { workers: 8 }).begin()
  await until(() => load.requests > 200, 'load')
  const before = memoryOf(gateway.child.pid)
  const served = () => replicas.journal.all('start').map(({ replica }) => replica)
  expect(new Set(served())).toEqual(new Set(['old']))
  names.point(['127.0.0.2'])
  const recoveryMs = await until(() => served().includes('new'), 'the new address is used')
  await lasting(1_500)
  const [then, since] = [served().length, served]
  await lasting(1_500)
  expect(new Set(since().slice(then))).toEqual(new Set(['new']))
  // The old server is down, and no request may go there.
  await old?.kill()
  await lasting(1_000)
  await load.end()
  report({
    no: 19,
    fault: 'The host name of an upstream changes its address, then the old server stops',
    requests: load.requests,
    allowed: 0,
    seen: load.failures.length,
    recoveryMs,
    memory: { before, after: memoryOf(gateway.child.pid) },
    remark: '`dns_ttl` 1 s',
  })
  expect(load.wrong).toEqual({})
  expect(replicas.journal.twice()).toEqual([])
})
