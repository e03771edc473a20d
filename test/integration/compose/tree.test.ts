/** The members of composed components as operators see them: in the status, in `check` and in `doctor`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../../support/certificates.ts'
import { startChatServer } from '../../support/chat-server.ts'
import { command } from '../../support/cli.ts'
import { startComposing } from '../../support/composer.ts'
import { refusingUrl } from '../../support/raw-upstream.ts'
import { startScripted } from '../../unit/compose/scripted.ts'

test('check, doctor and the status show the members of composed components', async () => {
  const [scripted, chat] = await Promise.all([startScripted(), startChatServer()])
  const composed = {
    models: { m: { base_url: chat.url, model: 'm' } },
    teams: [{ id: 't', model: 'm', members: [{ agent: 'echo' }, { agent: 'gone/lost' }] }],
    workflows: [
      {
        id: 'w',
        steps: [
          { name: 'a', agent: 'echo' },
          { name: 'b', team: 't' },
          { name: 'c', agent: 'echo' },
        ],
      },
    ],
  }
  const upstreams = [{ name: 'one', url: scripted.upstream.url }]
  const gone = { name: 'gone', url: await refusingUrl() }
  const document = { upstreams: [...upstreams, gone], ...composed }
  const gateway = await startComposing(document, {}, ['one'])
  const status = (await (await fetch(`${gateway.url}/gateway/status`)).json()) as object
  const echo = { kind: 'agents', id: 'echo', upstream: 'one', state: 'ready' }
  const lost = { kind: 'agents', id: 'lost', upstream: 'gone', state: 'unlisted' }
  const team = { kind: 'teams', id: 't', state: 'composed', members: [echo, lost] }
  const workflow = { kind: 'workflows', id: 'w', state: 'composed', members: [echo, team] }
  expect(status).toMatchObject({ composed: [team, workflow] })

  const cwd = temporaryDirectory()
  writeFileSync(join(cwd, 'gateway.yaml'), JSON.stringify(document))
  const checked = await command(['check'], { cwd })
  const lines = [
    'composed',
    '  teams/t',
    '    agents/echo  at one',
    '    agents/lost  no upstream lists it; expected at gone',
    '  workflows/w',
    '    agents/echo  at one',
    '    teams/t',
    '      agents/echo  at one',
  ]
  expect(checked.stdout).toContain(lines.join('\n'))
  const json = await command(['check', '--json'], { cwd })
  expect(JSON.parse(json.stdout)).toMatchObject({ composed: [team, workflow] })

  const { stdout } = await command(['doctor', gateway.url], { cwd })
  expect(stdout).toMatch(/warn +composed +teams\/t: agents\/lost no upstream lists it/)
})
