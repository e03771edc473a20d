/** Every way to start, continue or stop a run has lines in the audit log. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { gatewayToA2a, piece, startA2a, status, task } from '../../support/a2a.ts'
import { startAgentOs } from '../../support/agentos.ts'
import { auditLine, auditLines, auditPath } from '../../support/audit.ts'
import { run, send } from '../../support/client.ts'
import { startComposing } from '../../support/composer.ts'
import { chat, HI, postJson, rpc, saying } from '../../support/faces.ts'
import { configOf, startGateway } from '../../support/gateway.ts'
import { callTool } from '../../support/mcp.ts'
import { connectedSocket } from '../../support/socket-client.ts'
import { startSocketUpstream } from '../../support/socket-upstream.ts'
import { bearer, JWT_AUTH, tokenFor } from '../../support/tokens.ts'
import { startScripted } from '../../unit/compose/scripted.ts'

const AUTH = { ...JWT_AUTH, authorization: true }
const FACES = { openai: true, mcp: true, a2a: true, agui: true }
const mayRun = bearer(tokenFor({ sub: 'ada', scopes: ['agents:read', 'agents:run'] }))
const mayRead = bearer(tokenFor({ sub: 'eve', scopes: ['agents:read'] }))

async function faced() {
  const upstream = await startAgentOs()
  const file = auditPath()
  const upstreams = [{ name: 'a', url: upstream.url }]
  const document = { upstreams, auth: AUTH, audit: { file }, faces: FACES }
  const gateway = await startGateway(document, { ready: ['a'] })
  return { upstream, gateway, file }
}

test.each([
  ['openai', chat],
  ['mcp', (gateway, _body, headers = {}) => callTool(gateway, 'run_agent', ECHO, { headers })],
  ['a2a', (gateway, _body, headers) => rpc(gateway, 'message/send', MESSAGE, headers)],
  ['agui', ({ url }, _body, headers) => postJson(`${url}/agui/agents/echo`, AGUI_RUN, headers)],
] as const satisfies readonly (readonly [string, typeof chat])[])(
  'a run and a refusal of the face %s are recorded with its name',
  async (face, ask) => {
    const { upstream, gateway, file } = await faced()
    const answering = ask(gateway, {}, mayRun)
    let asked = await upstream.next()
    // AG-UI looks its thread up first.
    while (asked.request.method === 'GET') {
      asked.json({ detail: 'Not Found' }, 404)
      asked = await upstream.next()
    }
    const stream = asked.events()
    const sent = await auditLine(file, 'run_sent')
    expect(sent).toMatchObject({
      face,
      user: 'ada',
      scopes: ['agents:run'],
      method: 'POST',
      path: '/agents/echo/runs',
      component: 'agents/echo',
    })
    stream.end(HI)
    await (await answering).whole()
    expect(await auditLine(file, 'run_ended')).toMatchObject({
      sent: sent.seq,
      run_id: 'r-1',
      run_status: 'COMPLETED',
    })
    await (await ask(gateway, {}, mayRead)).whole()
    expect(await auditLine(file, 'refused')).toMatchObject({
      face,
      user: 'eve',
      error: 'AGW_FORBIDDEN',
      missing_scopes: ['agents:run'],
    })
    expect(readFileSync(file, 'utf8')).not.toContain('hello')
  },
)

const ECHO = { agent_id: 'echo', message: 'hello' }
const AGUI_RUN = {
  threadId: 't-1',
  runId: 'run-1',
  messages: [{ id: 'm-1', role: 'user', content: 'hello' }],
  tools: [],
  context: [],
  state: {},
  forwardedProps: {},
}
const MESSAGE = {
  message: {
    kind: 'message',
    messageId: 'm',
    role: 'user',
    parts: [{ kind: 'text', text: 'hello' }],
  },
}

test('a face that cancels a run records it', async () => {
  const { upstream, gateway, file } = await faced()
  const args = { agent_id: 'echo', run_id: 'r-1', session_id: 's-1' }
  const answering = callTool(gateway, 'cancel_run', args, { headers: mayRun })
  ;(await upstream.next()).json({})
  await (await answering).whole()
  expect(await auditLine(file, 'run_sent')).toMatchObject({ action: 'cancel', run_id: 'r-1' })
})

test('a request of A2A 1.0 is recorded', async () => {
  const { upstream, gateway, file } = await faced()
  const headers = { ...mayRun, 'a2a-version': '1.0' }
  const answering = rpc(gateway, 'SendMessage', saying('hello'), headers)
  ;(await upstream.next()).events().end(HI)
  await (await answering).whole()
  expect(await auditLine(file, 'run_sent')).toMatchObject({ face: 'a2a', action: 'start' })
})

test.each(['false', 'true'])(
  'a run of an A2A server with stream=%s is recorded',
  async (stream) => {
    const server = await startA2a()
    const file = auditPath()
    const gateway = await gatewayToA2a(server.url, { auth: AUTH, audit: { file } })
    const path = '/agents/facts/runs'
    const asked = `message=hello&session_id=s&stream=${stream}`
    const answering = run(gateway.url + path, asked, mayRun)
    const call = await server.next()
    const sent = await auditLine(file, 'run_sent')
    expect(sent).toMatchObject({
      user: 'ada',
      scopes: ['agents:run'],
      upstream: 'facts',
      component: 'agents/facts',
      action: 'start',
      session_id: 's',
    })
    if (stream === 'false') call.result(task('completed', 'hello'))
    else call.events().end(piece('hello') + status('completed'))
    await (await answering).whole()
    expect(await auditLine(file, 'run_ended')).toMatchObject({
      sent: sent.seq,
      run_id: 't-1',
      run_status: 'COMPLETED',
    })
    expect((await run(gateway.url + path, asked, mayRead)).status).toBe(403)
    expect(await auditLine(file, 'refused')).toMatchObject({
      user: 'eve',
      path,
      missing_scopes: ['agents:run'],
    })
    expect(readFileSync(file, 'utf8')).not.toContain('hello')
  },
)

test('runs and refusals of the workflow socket are recorded', async () => {
  const upstream = await startSocketUpstream({ workflows: ['flow', 'other'] })
  const file = auditPath()
  const upstreams = [{ name: 'a', url: upstream.url }]
  const document = { upstreams, auth: AUTH, audit: { file } }
  const gateway = await startGateway(document, { ready: ['a'] })
  const client = await connectedSocket(gateway.url)
  client.say({ action: 'authenticate', token: 'wrong' })
  await client.next()
  expect(await auditLine(file, 'refused')).toMatchObject({ status: 401, path: '/workflows/ws' })
  const scopes = ['workflows:read', 'workflows:flow:run']
  client.say({ action: 'authenticate', token: tokenFor({ sub: 'ada', scopes }) })
  client.say({ action: 'start-workflow', workflow_id: 'other', message: 'hello' })
  expect(await auditLine(file, 'refused', 2)).toMatchObject({
    user: 'ada',
    component: 'workflows/other',
    status: 403,
    missing_scopes: ['workflows:run'],
  })
  const asked = { workflow_id: 'flow', message: 'hello', session_id: 's-1' }
  client.say({ action: 'start-workflow', ...asked })
  const end = await upstream.next()
  await end.next()
  await end.start('w-1')
  const sent = await auditLine(file, 'run_sent')
  expect(sent).toMatchObject({
    user: 'ada',
    scopes: ['workflows:flow:run'],
    upstream: 'a',
    component: 'workflows/flow',
    action: 'start',
    session_id: 's-1',
  })
  const steps = [{ step_id: 's', step_name: 'deploy', confirmed: true }]
  end.event({ event: 'WorkflowPaused', run_id: 'w-1' })
  expect(await auditLine(file, 'run_ended')).toMatchObject({
    sent: sent.seq,
    run_id: 'w-1',
    run_status: 'PAUSED',
  })
  client.say({ action: 'continue-workflow', ...asked, run_id: 'w-1', step_requirements: steps })
  expect(await auditLine(file, 'run_sent', 2)).toMatchObject({
    action: 'continue',
    run_id: 'w-1',
    decisions: [{ tool: 'deploy', decision: 'approved' }],
  })
  client.socket.close()
  expect(await auditLine(file, 'run_ended', 2)).toMatchObject({ error: 'AGW_CLIENT_CLOSED' })
  expect(readFileSync(file, 'utf8')).not.toContain('hello')
})

test('a member run carries its caller and its composed run', async () => {
  const scripted = await startScripted()
  const file = auditPath()
  const document = {
    upstreams: [{ name: 'one', url: scripted.upstream.url }],
    workflows: [{ id: 'w', steps: [{ name: 'a', agent: 'echo' }] }],
    auth: JWT_AUTH,
    audit: { file },
  }
  const gateway = await startComposing(document)
  const body = new URLSearchParams({ message: 'hello', run_id: 'c-1', stream: 'false' })
  const headers = bearer(tokenFor({ sub: 'ada' }))
  await (await fetch(`${gateway.url}/workflows/w/runs`, { method: 'POST', headers, body })).text()
  const member = await auditLine(file, 'run_sent', 2)
  expect(member).toMatchObject({
    user: 'ada',
    component: 'agents/echo',
    composed: 'workflows/w',
    composed_run_id: 'c-1',
  })
  const forged = {
    ...headers,
    'x-agentos-composed': 'workflows/w',
    'x-agentos-composed-run': 'c-9',
  }
  await (await run(`${gateway.url}/agents/echo/runs`, 'message=hello', forged)).whole()
  expect(await auditLine(file, 'run_sent', 3)).not.toHaveProperty('composed_run_id')
})

test('schedules, evaluations and approvals are recorded as requests that cause runs', async () => {
  const upstream = await startAgentOs()
  const file = auditPath()
  const upstreams = [{ name: 'a', url: upstream.url }]
  const gateway = await startGateway({ upstreams, audit: { file } }, { ready: ['a'] })
  const paths = ['/schedules/s-1/trigger', '/eval-runs?db_id=db', '/approvals/a-1/resolve']
  for (const path of paths) {
    const answering = send(gateway.url + path, { method: 'POST', body: '{}' })
    ;(await upstream.next()).json({})
    await (await answering).whole()
  }
  const lines = auditLines(file).filter(({ event }) => event === 'write_sent')
  expect(lines.map((line) => line['path'])).toEqual(paths.map((path) => path.split('?')[0]))
})

test('a resolved approval names its call and digests the stored arguments', async () => {
  const upstream = await startAgentOs()
  const file = auditPath()
  const upstreams = [{ name: 'a', url: upstream.url }]
  const gateway = await startGateway({ upstreams, audit: { file } }, { ready: ['a'] })
  const resolve = { status: 'approved', resolved_by: 'hello' }
  const answering = postJson(`${gateway.url}/approvals/a-1/resolve`, resolve)
  const exchange = await upstream.next()
  expect(JSON.parse((await exchange.body()).toString())).toEqual(resolve)
  const tool = { tool_name: 'pay', tool_args: { amount: 10, to: 'bob' } }
  exchange.json({ id: 'a-1', run_id: 'r-1', session_id: 's-1', status: 'approved', ...tool })
  await (await answering).whole()
  expect(await auditLine(file, 'write_sent')).toMatchObject({
    approval_id: 'a-1',
    decision: 'approved',
  })
  expect(await auditLine(file, 'write_ended')).toMatchObject({
    run_id: 'r-1',
    session_id: 's-1',
    decisions: [{ tool: 'pay', call_id: 'a-1', decision: 'approved', args_sha256: PAY_SHA256 }],
  })
  expect(readFileSync(file, 'utf8')).not.toContain('hello')
})

/** Digest of `{"amount":10,"to":"bob"}`. */
const PAY_SHA256 = 'b5f4d08026cd589d8a9fff5dd7009d73f892cbb1c54d0c1e0eae2fcea7ef8bdd'

test('configurations in force and refused are recorded by digest', async () => {
  const upstream = await startAgentOs()
  const file = auditPath()
  const first = { upstreams: [{ name: 'a', url: upstream.url }], audit: { file } }
  const now: { document: object | undefined } = { document: { ...first, name: 'other' } }
  const load = () => {
    if (now.document) return configOf(now.document)
    throw new Error('secret reason')
  }
  const gateway = await startGateway(first, { ready: ['a'], load })
  const reload = () => send(`${gateway.url}/gateway/reload`, { method: 'POST' })
  await reload()
  expect(await auditLine(file, 'config_loaded')).toMatchObject({
    version: 2,
    config: expect.stringMatching(/^[0-9a-f]{12}$/),
    changed: ['name'],
  })
  now.document = undefined
  await reload()
  expect(await auditLine(file, 'config_refused')).toMatchObject({ version: 2 })
  now.document = { upstreams: first.upstreams }
  await reload()
  // Removing the section does not stop the log.
  expect(await auditLine(file, 'config_loaded', 2)).toMatchObject({
    changed: ['name', 'audit'],
    restart_needed: expect.arrayContaining(['audit']),
  })
  await (await run(`${gateway.url}/agents/none/runs`)).whole()
  await reload()
  await auditLine(file, 'admin_ended', 4)
  expect(readFileSync(file, 'utf8')).not.toContain('secret')
})

test('long and unprintable values of callers are cut and escaped', async () => {
  const { gateway, file } = await faced()
  const sub = `x\n"\u2028\u0000${'y'.repeat(3_000)}`
  const claims = {
    sub,
    jti: 'j'.repeat(3_000),
    act: { sub: 'a\nb', act: { act: { act: { act: {} } } } },
  }
  const headers = { ...bearer(tokenFor(claims)), 'x-request-id': 'z'.repeat(100) }
  await (await run(`${gateway.url}/agents/${'%0a'.repeat(300)}/runs`, 'message=x', headers)).whole()
  await (await run(`${gateway.url}/agents/e${'e'.repeat(900)}/runs`, 'message=x', headers)).whole()
  const line = await auditLine(file, 'refused')
  expect(String(line['user'])).toMatch(/^x\uFFFD"\uFFFD\uFFFDy+…$/)
  expect(line['user']).toHaveLength(128)
  expect(line['jti']).toHaveLength(128)
  expect(line['act']).toMatchObject({ sub: 'a\uFFFDb' })
  expect(String(line['path']).length).toBeLessThanOrEqual(512)
  for (const text of readFileSync(file, 'utf8').split('\n')) expect(text.length).toBeLessThan(4_096)
})
