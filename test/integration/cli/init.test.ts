import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../../config/load.ts'
import type { Serves } from '../../support/agentos.ts'
import { cardFor, startAgentOs } from '../../support/agentos.ts'
import { temporaryDirectory } from '../../support/certificates.ts'
import { command } from '../../support/cli.ts'
import { answerJson, startFakeUpstream } from '../../support/fake-upstream.ts'

const serving = (id: string, ids: Serves) =>
  startAgentOs({ ...ids, info: { os_id: id } }, (_request, response) => {
    answerJson(response, { detail: 'Not Found' }, 404)
  })

/** Starts an AgentOS that lists its components only for the given token. */
async function closed(token: string) {
  const serves = { agents: ['vault'], info: { os_id: 'Closed OS', auth_mode: 'jwt' } }
  const { url } = await startFakeUpstream(({ url: path, headers }, response) => {
    const isOpen = path === '/info' || headers.authorization === `Bearer ${token}`
    if (!isOpen) answerJson(response, { detail: 'Authorization header missing' }, 401)
    else answerJson(response, cardFor(serves, path) ?? { detail: 'Not Found' })
  })
  return url
}

describe('init', { timeout: 60_000 }, () => {
  test('init writes a configuration that check accepts', async () => {
    const [first, replica, second, a2a, vault] = await Promise.all([
      serving('os-a', { agents: ['echo', 'b'], teams: ['duo'] }),
      serving('os-a', { agents: ['echo', 'b'], teams: ['duo'] }),
      serving('os-b', { agents: ['echo'], workflows: ['flow\n# x'] }),
      startFakeUpstream(({ url }, response) => {
        const isCard = url === '/.well-known/agent-card.json'
        answerJson(response, isCard ? { name: 'Facts' } : {}, isCard ? 200 : 404)
      }),
      closed('the-token'),
    ])
    const file = join(temporaryDirectory(), 'made.yaml')
    const urls = [first.url, second.url, `${replica.url}/`, a2a.url, vault, first.url]
    const made = await command(['init', ...urls, '--token', 'the-token', '--output', file])
    expect(made).toMatchObject({ code: 0, stderr: '' })
    const text = readFileSync(file, 'utf8')
    expect(text).not.toContain('the-token')
    expect(text).toContain('  # agents: echo, b\n  # teams: duo\n')
    const { upstreams } = loadConfig(file, { CLOSED_OS_TOKEN: 'x' })
    expect(upstreams.map(({ name, urls: replicas, prefix }) => [name, replicas, prefix])).toEqual([
      ['os-a', [first.url, replica.url], ''],
      ['os-b', [second.url], 'os-b-'],
      ['facts', [a2a.url], ''],
      ['closed-os', [vault], ''],
    ])
    expect(upstreams.map(({ configToken }) => configToken)).toEqual([
      undefined,
      undefined,
      undefined,
      'x',
    ])
    expect(made.stdout).toContain('export CLOSED_OS_TOKEN=')
    const [checked, without] = await Promise.all([
      command(['check', '-c', file], { env: { CLOSED_OS_TOKEN: 'the-token' } }),
      command(['check', '-c', file]),
    ])
    expect(checked).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('No problems found.'),
    })
    expect(without).toMatchObject({ code: 78, stderr: expect.stringContaining('CLOSED_OS_TOKEN') })
  })

  test('init overwrites an existing file only with --force', async () => {
    const { url } = await serving('os-a', { agents: ['echo'] })
    const directory = temporaryDirectory()
    const file = join(directory, 'gateway.yaml')
    writeFileSync(file, 'mine')
    const kept = await command(['init', url], { cwd: directory })
    expect([kept.code, kept.stdout, readFileSync(file, 'utf8')]).toEqual([1, '', 'mine'])
    expect(kept.stderr).toContain('--force')
    const printed = await command(['init', url, '--output', '-'], { cwd: directory })
    expect([printed.code, readFileSync(file, 'utf8')]).toEqual([0, 'mine'])
    expect((await command(['init', url, '--force'], { cwd: directory })).code).toBe(0)
    expect(readFileSync(file, 'utf8')).toBe(printed.stdout)
  })

  test('init writes servers that are unreachable or closed beside one that answers', async () => {
    const { url } = await serving('os-a', { agents: ['echo'] })
    const vault = await closed('the-token')
    const directory = temporaryDirectory()
    const made = await command(['init', url, 'http://127.0.0.1:9', vault], { cwd: directory })
    expect(made.code).toBe(0)
    expect(made.stderr).toContain('note: http://127.0.0.1:9: AGW_UPSTREAM_UNREACHABLE')
    expect(made.stderr).toContain('add --token')
    const file = join(directory, 'gateway.yaml')
    expect(readFileSync(file, 'utf8')).toMatch(
      /^# yaml-language-server: \$schema=\/.*\.schema\.json\n/,
    )
    const token = /export (\w+)=/.exec(made.stdout)?.[1] ?? ''
    const { upstreams } = loadConfig(file, { [token]: 'x' })
    expect(upstreams.map(({ urls, configToken }) => [...urls, configToken])).toEqual([
      [url, undefined],
      ['http://127.0.0.1:9', undefined],
      [vault, 'x'],
    ])
    const wrong = await command(['init', `${url}/agents`], { cwd: directory })
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining(`url: ${url}\n`) })
  })

  test('init writes nothing while every server is unreachable or closed', async () => {
    const { url } = await serving('os-a', { agents: ['echo'] })
    const vault = await closed('the-token')
    const directory = temporaryDirectory()
    const results = await Promise.all([
      command(['init', 'http://127.0.0.1:9'], { cwd: directory }),
      command(['init', vault], { cwd: directory }),
      command(['init', vault, '--token', 'wrong'], { cwd: directory }),
      command(['init', url, '--output', join(directory, 'no', 'such.yaml')]),
      command(['init']),
      command(['init', 'localhost:7777']),
    ])
    expect(results.map(({ code, stdout }) => [code, stdout])).toEqual([
      [1, ''],
      [1, ''],
      [1, ''],
      [1, ''],
      [64, ''],
      [64, ''],
    ])
    const said = results.map(({ stderr }) => stderr)
    expect(said[0]).toContain('http://127.0.0.1:9: AGW_UPSTREAM_UNREACHABLE')
    expect(said[1]).toContain('add --token')
    expect(said[2]).toContain('does not accept the token')
    expect(said[3]).toContain('cannot be written: no such directory')
    expect(said[5]).toContain('expected an http:// or https:// address')
  })

  test('init sends the token of its environment', async () => {
    const url = await closed('the-token')
    const env = { AGENTOS_GATEWAY_TOKEN: 'the-token' }
    const made = await command(['init', url, '--output', '-'], { env })
    expect(made).toMatchObject({ code: 0, stderr: '' })
    expect(made.stdout).toContain('# agents: vault')
  })
})
