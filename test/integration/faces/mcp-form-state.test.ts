/** Tests the signed state of MCP's forms: who made it, for whom and for which component, and what it cannot do. */
import { expect, test } from 'vitest'
import type { FakeAgentOs } from '../../support/agentos.ts'
import { startAgentOs } from '../../support/agentos.ts'
import { HI, runEvent } from '../../support/faces.ts'
import { callTool, mcpOf, responseOf, resultOf } from '../../support/mcp.ts'
import { bearer, JWT_AUTH, tokenFor } from '../../support/tokens.ts'

type Gateway = Awaited<ReturnType<typeof mcpOf>>

const REQUIREMENT = {
  id: 'q',
  tool_execution: { tool_call_id: 'c', tool_name: 'pay', requires_confirmation: true },
}
const PAUSED = runEvent('RunStarted') + runEvent('RunPaused', { requirements: [REQUIREMENT] })
const STORED = { run_id: 'r-1', session_id: 's-1', status: 'PAUSED', requirements: [REQUIREMENT] }
const ACCEPTED = { c: { action: 'accept', content: { accepted: true } } }
const FORMS = { capabilities: { elicitation: { form: {} } } }
const SECURED = { auth: { ...JWT_AUTH, authorization: true } }
const ANN = { headers: bearer(tokenFor({ sub: 'ann', scopes: ['agents:run', 'agents:read'] })) }
const BEN = { headers: bearer(tokenFor({ sub: 'ben', scopes: ['agents:run', 'agents:read'] })) }
const REFUSED = { code: -32_602, data: { reason: 'invalid_request_state' } }

/** Pauses a run of `echo`, and returns the state that the client gets. */
async function stateOf(upstream: FakeAgentOs, gateway: Gateway, caller: object): Promise<string> {
  const asked = callTool(gateway, 'echo', { message: 'x' }, { ...FORMS, ...caller })
  ;(await upstream.next()).events().end(PAUSED)
  return String((await resultOf(asked))['requestState'])
}

/** Repeats the call with the state and an answer. */
function repeat(gateway: Gateway, requestState: string, options: object = {}, tool = 'echo') {
  const more = { requestState, inputResponses: ACCEPTED }
  return callTool(gateway, tool, { message: 'x' }, { ...FORMS, more, ...options })
}

async function secured(document: object = {}) {
  const upstream = await startAgentOs({ agents: ['echo', 'other'] })
  return { upstream, gateway: await mcpOf(upstream.url, { ...SECURED, ...document }) }
}

test('Another gateway with the same secrets continues the run', async () => {
  const { upstream, gateway } = await secured()
  const second = await mcpOf(upstream.url, { ...SECURED, workers: 1 })
  const answer = repeat(second, await stateOf(upstream, gateway, ANN), ANN)
  const stored = await upstream.next()
  expect(stored.request.url).toBe('/agents/echo/runs/r-1?session_id=s-1')
  stored.json(STORED)
  ;(await upstream.next()).events().end(HI)
  expect(await resultOf(answer)).toMatchObject({ structuredContent: { status: 'COMPLETED' } })
})

test('A refreshed token of the same subject may answer', async () => {
  const { upstream, gateway } = await secured()
  const state = await stateOf(upstream, gateway, ANN)
  const scopes = ['agents:run', 'agents:read', 'teams:read']
  const answer = repeat(gateway, state, { headers: bearer(tokenFor({ sub: 'ann', scopes })) })
  ;(await upstream.next()).json(STORED)
  ;(await upstream.next()).events().end(HI)
  expect(await resultOf(answer)).toMatchObject({ structuredContent: { status: 'COMPLETED' } })
})

test('The state of another caller or component is refused', async () => {
  const { upstream, gateway } = await secured()
  const state = await stateOf(upstream, gateway, ANN)
  const answers = [repeat(gateway, state, BEN), repeat(gateway, state, ANN, 'other')]
  for (const answer of answers) expect((await responseOf(answer))['error']).toMatchObject(REFUSED)
  expect(upstream.waiting).toBe(0)
})

test('A forged, altered or foreign state is refused', async () => {
  const { upstream, gateway } = await secured()
  const state = await stateOf(upstream, gateway, ANN)
  const [version, body = '', signature = ''] = state.split('.')
  const read = JSON.parse(Buffer.from(body, 'base64url').toString()) as { p: object }
  const payload = { ...read, p: { ...read.p, runId: 'r-2' } }
  const altered = Buffer.from(JSON.stringify(payload)).toString('base64url')
  const foreign = await mcpOf(upstream.url, {
    ...SECURED,
    faces: { mcp: { state_secret: 'x'.repeat(32) } },
  })
  const states = [
    'x',
    Buffer.from('["r-1","s-1"]').toString('base64url'),
    `${version}.${altered}.${signature}`,
    `${version}.${body}.`,
    await stateOf(upstream, foreign, ANN),
  ]
  for (const each of states) {
    expect((await responseOf(repeat(gateway, each, ANN)))['error']).toMatchObject(REFUSED)
  }
  expect(upstream.waiting).toBe(0)
})

test('AgentOS still decides about the run that a signed state names', async () => {
  const { upstream, gateway } = await secured()
  const answer = repeat(gateway, await stateOf(upstream, gateway, ANN), ANN)
  const asked = await upstream.next()
  expect(asked.request.headers['authorization']).toBe(ANN.headers.authorization)
  asked.json({ detail: 'Run not found' }, 404)
  expect(await resultOf(answer)).toMatchObject({
    isError: true,
    structuredContent: { error: { status: 404 } },
  })
})

test.each([
  ['that the user closes', { inputResponses: { c: { action: 'cancel' } } }],
  ['that is not returned', {}],
])('A form %s leaves the run waiting', async (_what, more) => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  const requestState = await stateOf(upstream, gateway, {})
  const options = { ...FORMS, more: { requestState, ...more } }
  const answer = callTool(gateway, 'echo', { message: 'x' }, options)
  ;(await upstream.next()).json(STORED)
  expect(await resultOf(answer)).toMatchObject({
    structuredContent: { status: 'PAUSED', run_id: 'r-1', requirements: [REQUIREMENT] },
  })
})
