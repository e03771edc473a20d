/** Tests the names, descriptions, search and arguments of the MCP face's tools. */
import { describe, expect, test } from 'vitest'
import type { ComponentKind } from '../../../../config/types.ts'
import { GatewayError } from '../../../../src/errors.ts'
import { AGENTOS_TOOLS } from '../../../../src/face/mcp/agentos-tools.ts'
import {
  componentTool,
  GENERIC_TOOLS,
  searchComponents,
} from '../../../../src/face/mcp/component-tools.ts'
import { toolCall } from '../../../../src/face/mcp/tool-call.ts'
import { toolNames } from '../../../../src/face/mcp/tool-names.ts'

const component = (name: string) => {
  const [kind = '', ...id] = name.split('/')
  return { kind: kind as ComponentKind, id: id.join('/') }
}
const namesOf = (...components: string[]) => {
  const names = toolNames(components.map(component), ['run_agent'])
  return Object.fromEntries([...names].map(([name, { kind, id }]) => [`${kind}/${id}`, name]))
}

describe('tool names', () => {
  test('A plain id is the name of its tool', () => {
    expect(namesOf('agents/echo-1')).toEqual({ 'agents/echo-1': 'echo-1' })
  })

  test('The kind distinguishes equal ids and reserved names', () => {
    expect(namesOf('workflows/x', 'teams/x', 'agents/x', 'agents/run_agent')).toEqual({
      'agents/x': 'x',
      'teams/x': 'team_x',
      'workflows/x': 'workflow_x',
      'agents/run_agent': 'agent_run_agent',
    })
  })

  test('Every id gives a distinct name of 1 to 64 characters', () => {
    const long = 'a'.repeat(100)
    const odd = ['ä ö', 'ä_ö', 'a/b', 'a_b', 'a b', '日本', '中国', long, `${long}b`, ' ', '.']
    const all = odd.flatMap((id) => [`agents/${id}`, `teams/${id}`, `workflows/${id}`])
    const names = Object.values(namesOf(...all))
    expect(new Set(names).size).toBe(all.length)
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
  })

  test('Names do not depend on the order of the components', () => {
    const all = ['agents/a b', 'agents/a.b', 'agents/a_b', 'teams/a_b', 'teams/team_a_b']
    expect(namesOf(...all)).toEqual(namesOf(...all.toReversed()))
    expect(namesOf(...all)['agents/a_b']).toBe('a_b')
  })
})

describe('component tools', () => {
  const card = { kind: 'teams', id: 'duo', name: 'Duo', description: 'Knows things' } as const

  test('A description ends as a sentence and names the session', () => {
    const { title, description, inputSchema } = componentTool('duo', card)
    expect(title).toBe('Duo')
    expect(description).toMatch(/^Knows things\. Pass the session_id/)
    expect(inputSchema['required']).toEqual(['message'])
  })

  test('A component without a description gets one', () => {
    const bare = { ...card, name: undefined, description: ' ' }
    expect(componentTool('duo', bare).description).toMatch(/^Run the duo team with a message\./)
  })

  test('A search finds every word and prefers ids that begin with it', () => {
    const cards = [
      { kind: 'agents', id: 'a-bill', name: 'Bills', description: 'pays bills' },
      { kind: 'agents', id: 'bill', name: undefined, description: undefined },
      { kind: 'teams', id: 'other', name: 'Other', description: 'PAYS for the bill' },
    ] as const
    const search = (query: string, kind?: ComponentKind, limit = 10) =>
      searchComponents(cards, { query, kind, limit })
    expect(search('bill')).toMatchObject({
      total: 3,
      components: [{ component: 'agent/bill' }, {}, {}],
    })
    expect(search('bill pays', 'teams')).toMatchObject({
      components: [{ component: 'team/other', name: 'Other' }],
    })
    expect(search('', undefined, 1)).toMatchObject({ total: 3, components: [{}] })
    expect(search('nothing')).toEqual({ total: 0, components: [] })
  })
})

describe('arguments', () => {
  test('Every listed tool has a call of its type', () => {
    const args = { agent_id: 'a', run_id: 'r', session_id: 's', message: 'm', component: 'team/t' }
    const types = [...AGENTOS_TOOLS, ...GENERIC_TOOLS].map(({ name }) => toolCall(name, args).type)
    expect(types).toEqual([
      ...['config', 'run', 'run', 'run', 'continue', 'cancel', 'sessions', 'session_runs'],
      ...['search', 'run'],
    ])
  })

  test('A run names its component by the tool or by an argument', () => {
    const echo = { kind: 'agents', id: 'echo' } as const
    expect(toolCall('echo', { message: 'm' }, echo)).toMatchObject({ component: echo })
    expect(toolCall('run_team', { team_id: 't', message: 'm' })).toEqual({
      type: 'run',
      component: { kind: 'teams', id: 't' },
      message: 'm',
      sessionId: undefined,
      userId: undefined,
    })
    expect(toolCall('run_component', { component: 'workflow/w', message: 'm' })).toMatchObject({
      component: { kind: 'workflows', id: 'w' },
    })
  })

  test.each([{}, { agent_id: 'a', team_id: 't' }, { agent_id: '' }])(
    'continue_run with the owners %j is refused',
    (owners) => {
      const call = () => toolCall('continue_run', { run_id: 'r', session_id: 's', ...owners })
      expect(call).toThrow(GatewayError)
    },
  )

  test('Session tools become queries of the session routes', () => {
    const args = { component_id: 'x', limit: 5, user_id: null, sort_order: 'asc' }
    const sessions = toolCall('get_sessions', args) as { query: URLSearchParams }
    expect(Object.fromEntries(sessions.query)).toEqual({
      type: 'agent',
      component_id: 'x',
      limit: '5',
      sort_order: 'asc',
    })
    expect(toolCall('get_session_runs', { session_id: 's', session_type: 'team' })).toMatchObject({
      sessionId: 's',
      runId: undefined,
      query: new URLSearchParams({ type: 'team' }),
    })
  })
})
