import { expect, test } from 'vitest'
import type { ComponentConfig } from '../../../config/types.ts'
import { cardOf, viewOf } from '../../../src/a2a/card.ts'
import { AGNO, recorded, SERVERS } from './support.ts'

const component = (kind: ComponentConfig['kind'], upstreamId: string) => ({ kind, upstreamId })

test.each(AGNO)(
  'the card of %s is translated with name, description, skills and metadata',
  (server) => {
    const { body } = recorded(server, 'card agents/assistant-a')
    expect(cardOf(body, 'helper')).toMatchObject({
      id: 'helper',
      name: 'Assistant',
      description: 'Helps',
      skills: [{ id: 'assistant-a', tags: ['agno'] }],
      metadata: {
        protocol: 'a2a',
        version: '1.0.0',
        protocol_version: '0.3.0',
        default_input_modes: ['text'],
      },
    })
  },
)

test('a card of protocol version A2A 1.0 is translated', () => {
  expect(cardOf(recorded('google-adk-2.13.0', 'card').body, 'facts')).toMatchObject({
    id: 'facts',
    name: 'facts_agent',
    description: 'Knows facts',
    skills: [{ id: 'facts_agent' }],
    metadata: { capabilities: { streaming: true } },
  })
})

test.each(SERVERS)('the translated card of %s shows no upstream address', (server) => {
  const request = server.startsWith('agno') ? 'card teams/team-a' : 'card'
  expect(JSON.stringify(cardOf(recorded(server, request).body, 'x'))).not.toContain('127.0.0.1')
})

test("a missing card gives the defaults of Agno's client", () => {
  const known = { id: 'x', name: 'x', description: 'A2A agent: x' }
  expect(cardOf(undefined, 'x')).toEqual(known)
  expect(cardOf([], 'x')).toEqual(known)
  expect(cardOf({}, 'x')).toMatchObject({ id: 'x', name: 'x', description: '', skills: [] })
})

test('the component views contain exactly the configured components', () => {
  const components = [component('agents', 'a'), component('workflows', 'w')]
  const view = (path: string) => viewOf({ name: 'Card' }, path, components)
  expect(view('/agents')).toMatchObject([{ id: 'a', name: 'Card' }])
  expect(view('/teams')).toEqual([])
  expect(view('/workflows/w%2F2')).toMatchObject({ id: 'w/2' })
  expect(view('/config')).toMatchObject({
    agents: [{ id: 'a' }],
    teams: [],
    workflows: [{ id: 'w' }],
  })
  expect(view('/info')).toEqual({ auth_mode: 'none' })
  expect(view('/openapi.json')).toBeUndefined()
})
