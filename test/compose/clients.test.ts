/** Agno's own clients of both releases, used on composed teams and workflows over real members. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { startChatServer } from '../support/chat-server.ts'
import { startComposing } from '../support/composer.ts'
import { startMembers } from './agentos.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const SCRIPT = fileURLToPath(new URL('clients.py', import.meta.url))

async function start(): Promise<string> {
  const chat = await startChatServer()
  const model = `${chat.url}/v1`
  const [neu, old] = await Promise.all([
    startMembers('agno-3.1.10', ['ann', 'payer'], model),
    startMembers('agno-2.9.0', ['bob'], model),
  ])
  const document = {
    upstreams: [
      { name: 'new', url: neu.url },
      { name: 'old', url: old.url, prefix: 'old-' },
    ],
    models: { fake: { base_url: model, model: 'fake' } },
    teams: [
      { id: 'both', model: 'fake', members: [{ agent: 'ann' }, { agent: 'old/bob' }] },
      { id: 'payers', model: 'fake', members: [{ agent: 'payer' }] },
    ],
    workflows: [
      {
        id: 'chain',
        steps: [
          { name: 'one', agent: 'ann' },
          { name: 'two', agent: 'old/bob' },
        ],
      },
      { id: 'asks', steps: [{ name: 'gate', agent: 'ann', confirm: 'go?' }] },
      {
        id: 'fails',
        steps: [
          { name: 'gate', agent: 'new/nobody', on_error: 'pause' },
          { name: 'after', agent: 'ann' },
        ],
      },
    ],
  }
  const { url } = await startComposing(document)
  return url
}

test.each(['agno-2.9.0', 'agno-3.1.10'])(
  'the clients of %s run and continue what is composed',
  async (release) => {
    const url = await start()
    const python = `${ROOT}.venvs/${release}/bin/python`
    const { stdout } = await promisify(execFile)(python, [SCRIPT, url], {
      env: { ...process.env, AGNO_TELEMETRY: 'false', PYTHONDONTWRITEBYTECODE: '1' },
    })
    const seen = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
    expect(seen.listed).toMatchObject({ card: 'both', steps: 2 })
    expect(seen.listed.teams).toEqual(expect.arrayContaining(['both', 'payers']))
    expect(seen.listed.workflows).toEqual(expect.arrayContaining(['chain', 'asks']))
    expect(seen.client).toMatchObject({
      team: ['COMPLETED', 'You said: hello '],
      workflow: ['COMPLETED', 'You said: You said: hello  '],
      runs: 4,
    })
    expect(seen.client.stream.at(0)).toBe('TeamRunStarted')
    expect(seen.client.stream.at(-1)).toBe('TeamRunCompleted')
    expect(seen.client.stream).toContain('RunCompleted')
    expect(seen.client.workflowStream.at(-1)).toBe('WorkflowCompleted')
    expect(seen.remotes).toMatchObject({
      team: ['PAUSED', 'COMPLETED', 'You said: pay now '],
      workflow: ['PAUSED', 'COMPLETED', 'You said: hello '],
      failed: ['PAUSED', 'COMPLETED', 'You said: hello '],
    })
    expect(seen.remotes.stream.at(-1)).toBe('TeamRunPaused')
  },
)
