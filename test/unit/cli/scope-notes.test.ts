import { expect, test } from 'vitest'
import { scopeNotes } from '../../../cli/scope-notes.ts'

test.each([
  ['agnets:read', 'agents:read'],
  ['agents:runs', 'agents:run'],
  ['agent:my-agent:run', 'agents:my-agent:run'],
  ['session:write', 'sessions:write'],
  ['agent_os:admn', 'agent_os:admin'],
])('the scope %s is answered with %s', (scope, meant) => {
  expect(scopeNotes([scope])).toEqual([`the scope ${scope} grants nothing; did you mean ${meant}?`])
})

test.each(['agents:a:run:read', 'sessions:s1:read', 'agents::run', 'zzzzzzzz'])(
  'the scope %s grants nothing',
  (scope) => {
    expect(scopeNotes([scope])).toEqual([expect.stringMatching(/^the scope .* grants nothing/)])
  },
)

test('known scopes and the admin scope get no note', () => {
  const scopes = ['agents:read', 'agents:x:run', 'teams:*:read', 'system:read', 'agent_os:admin']
  expect(scopeNotes(scopes)).toEqual([])
  expect(scopeNotes(['root'], 'root')).toEqual([])
  expect(scopeNotes(['agent_os:admin'], 'root')).toHaveLength(1)
})
