import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, test } from 'vitest'
import { verifyFiles } from '../../../cli/audit/verify.ts'
import { startAgentOs } from '../../support/agentos.ts'
import { auditLine, auditLines, auditPath } from '../../support/audit.ts'
import { command, configFile } from '../../support/cli.ts'
import { run, send } from '../../support/client.ts'
import { answerJson } from '../../support/fake-upstream.ts'
import { startGateway } from '../../support/gateway.ts'
import { killed } from '../../support/killed.ts'
import type { GatewayProcess } from '../../support/process.ts'
import { startProcess } from '../../support/process.ts'

/** An upstream whose runs complete at once. */
function startRuns() {
  return startAgentOs({ agents: ['echo'] }, (_request, response, message) => {
    message.resume()
    answerJson(response, { run_id: 'r', status: 'COMPLETED' })
  })
}

async function documentFor(audit: object, more: object = {}) {
  const upstream = await startRuns()
  return { upstreams: [{ name: 'a', url: upstream.url }], audit, ...more }
}

async function runOnce({ url }: { readonly url: string }): Promise<number> {
  const answer = await run(`${url}/agents/echo/runs`)
  await answer.whole()
  return answer.status
}

/** Starts a gateway that ends at once. */
function refusedStart(document: object) {
  return command(['start', '--config', configFile(document), '--port', '0'])
}

async function stopped({ child, exited }: GatewayProcess): Promise<void> {
  child.kill('SIGTERM')
  expect(await exited).toBe(0)
}

describe('restarts', { timeout: 120_000 }, () => {
  test('a restart continues the chain', async () => {
    const file = auditPath()
    const document = await documentFor({ file, key: 'k'.repeat(32) })
    for (let start = 0; start < 2; start++) {
      const gateway = await startProcess(document)
      expect(await runOnce(gateway)).toBe(200)
      await stopped(gateway)
    }
    const [whole] = (await verifyFiles([file], 'k'.repeat(32))) as [object]
    expect(whole).toMatchObject({ lines: 9, torn: 0, lost: 0, uncleanStarts: 0 })
    expect(auditLines(file).at(-1)).toMatchObject({ seq: 9, event: 'gateway_stopped' })
  })

  test('a killed gateway leaves a chain that its next start continues', async () => {
    const file = auditPath()
    const document = await documentFor({ file })
    const gateway = await startProcess(document)
    const running = Array.from({ length: 40 }, () => runOnce(gateway).catch(() => 0))
    await auditLine(file, 'run_sent', 5)
    await killed(gateway.child)
    await Promise.all(running)
    // A crash in the middle of a write.
    appendFileSync(file, '{"seq":99,"time":"20')
    const next = await startProcess(document)
    expect(await runOnce(next)).toBe(200)
    await stopped(next)
    expect(await verifyFiles([file], undefined)).toMatchObject([{ torn: 1, uncleanStarts: 1 }])
    const lines = readFileSync(file, 'utf8').split('\n')
    expect(lines).toContain('{"seq":99,"time":"20')
  })

  test('a whole last line without its line break is kept', async () => {
    const file = auditPath()
    const document = await documentFor({ file })
    await stopped(await startProcess(document))
    const { length } = readFileSync(file)
    truncateSync(file, length - 1)
    await stopped(await startProcess(document))
    expect(await verifyFiles([file], undefined)).toMatchObject([{ lines: 5, torn: 0 }])
  })

  test('a file that another gateway writes prevents the start', async () => {
    const file = auditPath()
    const document = await documentFor({ file })
    await startProcess(document)
    const { code, stderr } = await refusedStart(document)
    expect([code, stderr.trim()]).toEqual([78, `audit.file: ${file} is written by another process`])
  })

  test('a missing directory prevents the start', async () => {
    const file = `${auditPath()}/no/audit.jsonl`
    const document = await documentFor({ file })
    const { code, stderr } = await refusedStart(document)
    expect(code).toBe(78)
    expect(stderr).toContain(`audit.file: ${file} cannot be opened`)
  })
})

describe('rotation', { timeout: 120_000 }, () => {
  test('SIGUSR2 continues the chain in a new file', async () => {
    const file = auditPath()
    const gateway = await startProcess(await documentFor({ file }))
    await runOnce(gateway)
    renameSync(file, `${file}.1`)
    gateway.child.kill('SIGUSR2')
    await expect.poll(() => auditLine(file, 'file_opened').catch(() => undefined)).toBeDefined()
    await runOnce(gateway)
    await stopped(gateway)
    expect(auditLines(file)[0]).toMatchObject({ event: 'file_opened', reason: 'rotated' })
    const found = await verifyFiles([file, `${file}.1`], undefined)
    expect(found).toMatchObject([{ files: [`${file}.1`, file] }])
  })

  test('a file that was rotated while no gateway ran is continued', async () => {
    const file = auditPath()
    const document = await documentFor({ file })
    await stopped(await startProcess(document))
    renameSync(file, `${file}-20261128`)
    writeFileSync(`${file}-old.gz`, 'not an audit log')
    await stopped(await startProcess(document))
    const found = await verifyFiles([file, `${file}-20261128`], undefined)
    expect(found).toMatchObject([{ lines: 6 }])
  })

  test('each of two workers writes a file of its own', async () => {
    const file = auditPath()
    const gateway = await startProcess(await documentFor({ file }, { workers: 2 }))
    for (let count = 0; count < 6; count++) expect(await runOnce(gateway)).toBe(200)
    await stopped(gateway)
    const files = [1, 2].map((number) => file.replace('.jsonl', `.${number}.jsonl`))
    const found = await verifyFiles(files, undefined)
    expect(found).toMatchObject([{ uncleanStarts: 0 }, { uncleanStarts: 0 }])
    const runs = files.flatMap(auditLines).filter(({ event }) => event === 'run_ended')
    expect(runs).toHaveLength(6)
  })
})

describe('files that cannot be written', { timeout: 120_000 }, () => {
  test('with `reject`, a full disk refuses runs before they are sent', async () => {
    const upstream = await startRuns()
    const gateway = await startGateway(
      { upstreams: [{ name: 'a', url: upstream.url }], audit: { file: '/dev/full' } },
      { ready: ['a'] },
    )
    const before = upstream.requests.length
    for (let count = 0; count < 3; count++) {
      const answer = await run(`${gateway.url}/agents/echo/runs`)
      expect(answer.status).toBe(503)
      expect(answer.headers['x-agentos-gateway-error']).toBe('AGW_AUDIT_UNAVAILABLE')
      expect(answer.headers['retry-after']).toBe('1')
      await answer.whole()
    }
    expect(upstream.requests.length).toBe(before)
    // Reads continue.
    expect((await send(`${gateway.url}/agents`)).status).toBe(200)
    expect(
      await gateway.log.until(({ msg }) => msg === 'cannot write the audit log'),
    ).toMatchObject({
      file: '/dev/full',
    })
  })

  test('with `warn`, a full disk refuses no run', async () => {
    const upstream = await startRuns()
    const gateway = await startGateway(
      {
        upstreams: [{ name: 'a', url: upstream.url }],
        audit: { file: '/dev/full', on_failure: 'warn' },
      },
      { ready: ['a'] },
    )
    for (let count = 0; count < 3; count++) expect(await runOnce(gateway)).toBe(200)
    await gateway.log.until(({ msg }) => msg === 'cannot write the audit log')
  })

  test('a deleted file is replaced, and the new file names the lost line', async () => {
    const file = auditPath()
    const gateway = await startGateway(await documentFor({ file }), { ready: ['a'] })
    await runOnce(gateway)
    const last = await auditLine(file, 'run_ended')
    rmSync(file)
    await expect.poll(() => auditLine(file, 'file_opened').catch(() => undefined)).toBeDefined()
    await runOnce(gateway)
    expect(auditLines(file)[0]).toMatchObject({ seq: last.seq + 1, reason: 'missing' })
    expect(await verifyFiles([file], undefined)).toMatchObject([{ first: { seq: last.seq + 1 } }])
  })

  test('a deleted directory refuses runs until it exists again', async () => {
    const file = `${auditPath()}.d/audit.jsonl`
    mkdirSync(dirname(file))
    const gateway = await startGateway(await documentFor({ file }), { ready: ['a'] })
    expect(await runOnce(gateway)).toBe(200)
    rmSync(dirname(file), { recursive: true })
    await gateway.log.until(({ msg }) => msg === 'cannot write the audit log')
    expect(await runOnce(gateway)).toBe(503)
    mkdirSync(dirname(file))
    await expect.poll(() => runOnce(gateway)).toBe(200)
    expect(auditLines(file).map(({ event }) => event)).toContain('lines_lost')
    expect(await verifyFiles([file], undefined)).toMatchObject([{ torn: 0 }])
  })
})
