import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { RouteRules } from '../../../src/authorization/route-rules.ts'

const rules = new RouteRules()

describe.each(['2.9.0', '3.1.10'])('the scopes of AgentOS %s', (release) => {
  const lines = readFileSync(`test/fixtures/scopes/agno-${release}.txt`, 'utf8').trim().split('\n')

  test.each(lines.map((line) => line.split(' ')))(
    'the rule for %s %s asks for the recorded scopes',
    (method = '', pattern = '', ...scopes) => {
      const path = pattern.replaceAll('*', 'x')
      expect(rules.find(method, path)?.scopes).toEqual(scopes)
    },
  )
})

test('the recorded scopes of AgentOS 3.1.10 cover over a hundred routes', () => {
  const lines = readFileSync('test/fixtures/scopes/agno-3.1.10.txt', 'utf8').trim().split('\n')
  expect(lines.length).toBeGreaterThan(100)
})

test.each([
  ['GET', '/agents/x', undefined],
  ['HEAD', '/agents/x/runs/r', 'run'],
  ['GET', '/teams/x/runs/r/checkpoints/3', 'run'],
  ['POST', '/workflows/x/runs/r/resume', 'run'],
  ['POST', '/agents/x/sessions/s/compact', 'run'],
])('%s %s belongs to the component action %s in the rules', (method, path, action) => {
  const rule = rules.find(method, path)
  expect(rule).toBeDefined()
  expect(rule?.action).toBe(action)
})

test.each([
  ['POST', '/agents/x/publish'],
  ['PUT', '/agents/x'],
  ['GET', '/agentsx'],
  ['GET', '/gateway/status'],
  ['POST', '/mcp'],
  ['GET', `/agents${'/x'.repeat(30)}`],
])('%s %s has no rule because AgentOS has no such route', (method, path) => {
  expect(rules.find(method, path)).toBeUndefined()
})
