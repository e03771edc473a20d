import { describe, expect, test } from 'vitest'
import { Access, scopesIn } from '../../../src/auth/access.ts'

const ECHO = { kind: 'agents', id: 'echo' } as const

describe('scopes of one component', () => {
  test.each([
    ['agents:run', 'agents:run', true],
    ['agents:*:run', 'agents:run', true],
    ['agents:echo:run', 'agents:run', true],
    ['agents:other:run', 'agents:run', false],
    ['agents:Echo:run', 'agents:run', false],
    ['agents:echo:read', 'agents:run', false],
    ['teams:echo:run', 'agents:run', false],
    ['agent_os:admin', 'agents:run', true],
    ['agent_os:admin:x', 'agents:run', false],
    ['agents::run', 'agents:run', false],
    ['agents:echo:x:run', 'agents:run', false],
    ['agents', 'agents:run', false],
    ['', 'agents:run', false],
    ['*:*', 'agents:run', false],
    ['*:run', 'agents:run', false],
    // A scope for one agent grants nothing on another kind of component, not even on what belongs to that
    // agent.
    ['agents:echo:read', 'sessions:read', false],
    ['sessions:echo:read', 'sessions:read', false],
    ['sessions:*:read', 'sessions:read', true],
    ['system:read', 'config:read', true],
    ['config:read', 'system:read', true],
    ['system:write', 'config:read', false],
  ])('the scope %j grants %s on the agent echo: %s', (scope, required, expected) => {
    expect(new Access([scope]).has(required, ECHO)).toBe(expected)
  })

  test.each([
    ['agents:echo:read', false],
    ['agents:*:read', true],
    ['agents:read', true],
  ])('the scope %j grants reading all agents: %s', (scope, expected) => {
    expect(new Access([scope]).has('agents:read')).toBe(expected)
  })

  test('a scope for one component never matches a component without an id', () => {
    const unnamed = { kind: 'agents', id: null } as const
    expect(new Access(['agents:echo:run', 'agents::run']).has('agents:run', unnamed)).toBe(false)
    expect(new Access(['agents:*:run']).has('agents:run', unnamed)).toBe(true)
  })

  test('the configuration can rename the scope that grants everything', () => {
    expect(new Access(['root'], 'root').has('agents:run')).toBe(true)
    expect(new Access(['agent_os:admin'], 'root').has('agents:run')).toBe(false)
  })
})

test.each([
  ['a:read b:read', ['a:read', 'b:read']],
  [
    ['a:read', 7, null, 'b:read'],
    ['a:read', 'b:read'],
  ],
  [undefined, []],
  [{ 0: 'agent_os:admin' }, []],
])('the scopes claim %j is read as %j', (claim, expected) => {
  expect(scopesIn(claim)).toEqual(expected)
})
