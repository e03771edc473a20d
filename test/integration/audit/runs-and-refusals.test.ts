import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { verifyFiles } from '../../../cli/audit/verify.ts'
import { startAgentOs } from '../../support/agentos.ts'
import { auditLine, auditLines, auditPath } from '../../support/audit.ts'
import { run, send } from '../../support/client.ts'
import { answerJson, eventText } from '../../support/fake-upstream.ts'
import { startGateway } from '../../support/gateway.ts'
import { bearer, JWT_AUTH, tokenFor } from '../../support/tokens.ts'

const RUNS = '/agents/echo/runs'
const SCOPES = ['agents:read', 'agents:echo:run']

/** A gateway with scopes and an audit log, in front of a scripted AgentOS. */
async function audited(audit: object = {}, document: object = {}) {
  const upstream = await startAgentOs()
  const file = auditPath()
  const gateway = await startGateway(
    {
      upstreams: [{ name: 'a', url: upstream.url }],
      auth: { ...JWT_AUTH, authorization: true },
      audit: { file, ...audit },
      ...document,
    },
    { ready: ['a'] },
  )
  return { upstream, gateway, file, url: gateway.url }
}

const tokenOf = (claims: object = {}) => bearer(tokenFor({ sub: 'ada', scopes: SCOPES, ...claims }))

describe('runs', () => {
  test('a run has a line before it is sent and one at its end', async () => {
    const { upstream, url, file } = await audited()
    const claims = { jti: 't-1', iss: 'idp', act: { sub: 'bot', act: { sub: 'cron' } } }
    const answering = run(url + RUNS, 'message=secret&session_id=s-1', tokenOf(claims))
    const exchange = await upstream.next()
    const sent = await auditLine(file, 'run_sent')
    expect(sent).toMatchObject({
      caller: 'verified',
      user: 'ada',
      iss: 'idp',
      jti: 't-1',
      act: { sub: 'bot', act: { sub: 'cron' } },
      scopes: ['agents:echo:run'],
      method: 'POST',
      path: RUNS,
      action: 'start',
      upstream: 'a',
      component: 'agents/echo',
      session_id: 's-1',
      credentials: 'forward',
    })
    const metrics = { input_tokens: 10, output_tokens: 4 }
    exchange.json({ run_id: 'r-1', session_id: 's-1', status: 'COMPLETED', metrics })
    await (await answering).whole()
    expect(await auditLine(file, 'run_ended')).toMatchObject({
      sent: sent.seq,
      request_id: sent['request_id'],
      status: 200,
      upstream: 'a',
      run_id: 'r-1',
      session_id: 's-1',
      run_status: 'COMPLETED',
      tokens: { input: 10, output: 4 },
    })
    expect(readFileSync(file, 'utf8')).not.toContain('secret')
    expect(await verifyFiles([file], undefined)).toMatchObject([{ lines: 4 }])
  })

  test('a paused run names its open calls and digests their arguments', async () => {
    const { upstream, url, file } = await audited()
    const answering = run(url + RUNS, 'message=hi&stream=true', tokenOf())
    const stream = (await upstream.next()).events()
    const tool = {
      tool_call_id: 'c-1',
      tool_name: 'pay',
      tool_args: { to: 'bob', amount: 10 },
      requires_confirmation: true,
    }
    stream.write(eventText({ event: 'RunStarted', run_id: 'r-1' }))
    stream.end(eventText({ event: 'RunPaused', run_id: 'r-1', tools: [tool] }))
    await (await answering).whole()
    expect(await auditLine(file, 'run_ended')).toMatchObject({
      run_status: 'PAUSED',
      pending: [
        {
          tool: 'pay',
          call_id: 'c-1',
          decision: 'pending',
          args_sha256: 'b5f4d08026cd589d8a9fff5dd7009d73f892cbb1c54d0c1e0eae2fcea7ef8bdd',
        },
      ],
    })
  })

  test.each([`${RUNS}/r-1/continue`, `/upstreams/a${RUNS}/r-1/continue/`])(
    'a run continued at %s names its decisions and digests the sent arguments',
    async (path) => {
      const { upstream, url, file } = await audited()
      const tools = [
        {
          tool_call_id: 'c-1',
          tool_name: 'pay',
          tool_args: { amount: 10, to: 'bob' },
          confirmed: true,
        },
        { tool_call_id: 'c-2', tool_name: 'mail', tool_args: {}, confirmed: false },
      ]
      const form = new URLSearchParams({ tools: JSON.stringify(tools), session_id: 's' }).toString()
      const answering = run(url + path, form, tokenOf())
      const exchange = await upstream.next()
      expect((await exchange.body()).toString()).toBe(form)
      exchange.json({ run_id: 'r-1', status: 'COMPLETED' })
      await (await answering).whole()
      const sent = await auditLine(file, 'run_sent')
      expect(sent).toMatchObject({ action: 'continue', run_id: 'r-1' })
      expect(sent['decisions']).toMatchObject([
        {
          tool: 'pay',
          decision: 'approved',
          args_sha256: 'b5f4d08026cd589d8a9fff5dd7009d73f892cbb1c54d0c1e0eae2fcea7ef8bdd',
        },
        { tool: 'mail', decision: 'rejected' },
      ])
    },
  )

  test('a run whose upstream fails ends with the error', async () => {
    const { upstream, url, file } = await audited()
    const answering = run(url + RUNS, 'message=hi', tokenOf())
    ;(await upstream.next()).response.destroy()
    await (await answering).whole()
    const end = await auditLine(file, 'run_ended')
    expect(end).toMatchObject({ status: 502, error: 'AGW_UPSTREAM_RESET' })
  })
})

describe('refusals', () => {
  test('requests with 401, 403 and 429 have one line each', async () => {
    const rate = { rate_limit: [{ max: 3, window: '1h', by: 'address' }] }
    const { url, file } = await audited({}, rate)
    const get = (headers: Record<string, string>) => send(`${url}/sessions?q=private`, { headers })
    await (await get({})).whole()
    await (await get(tokenOf())).whole()
    await (await run(`${url}/agents/other/runs`, 'message=hi', tokenOf())).whole()
    await (await get(tokenOf())).whole()
    await auditLine(file, 'refused', 4)
    const lines = auditLines(file).filter(({ event }) => event === 'refused')
    expect(lines).toMatchObject([
      {
        caller: 'unknown',
        method: 'GET',
        path: '/sessions',
        status: 401,
        error: 'AGW_UNAUTHORIZED',
      },
      { user: 'ada', status: 403, missing_scopes: ['sessions:read'] },
      { user: 'ada', path: '/agents/other/runs', status: 403, missing_scopes: ['agents:run'] },
      { status: 429, error: 'AGW_RATE_LIMITED' },
    ])
    expect(readFileSync(file, 'utf8')).not.toContain('private')
  })

  test('a flood of refusals without a token has a bounded number of lines', async () => {
    const { gateway, url, file } = await audited()
    const flood = async () => (await send(`${url}/sessions`)).whole()
    for (let n = 0; n < 30; n++) await Promise.all(Array.from({ length: 10 }, flood))
    await (await run(`${url}/agents/other/runs`, 'message=hi', tokenOf())).whole()
    await gateway.close()
    const lines = auditLines(file)
    const refused = lines.filter(({ event }) => event === 'refused')
    const omitted = lines.filter(({ event }) => event === 'refusals_omitted')
    expect(refused).toContainEqual(expect.objectContaining({ user: 'ada', status: 403 }))
    const counted = omitted.map(({ omitted: count }) => Number(count)).reduce((a, b) => a + b, 0)
    expect(refused.length + counted).toBe(301)
    expect(await verifyFiles([file], undefined)).toMatchObject([{ torn: 0 }])
  })
})

describe('other requests', () => {
  test('`include` decides about changes and reads', async () => {
    const events = async (include: string) => {
      const { upstream, url, file } = await audited({ include })
      const admin = tokenOf({ scopes: ['agent_os:admin'] })
      await (await send(`${url}/agents`, { headers: admin })).whole()
      const deleting = send(`${url}/sessions/s-1?db_id=db`, { method: 'DELETE', headers: admin })
      answerJson((await upstream.next()).response, {})
      await (await deleting).whole()
      await (await send(`${url}/gateway/refresh`, { method: 'POST', headers: admin })).whole()
      await auditLine(file, 'admin_ended')
      return auditLines(file).map(({ event }) => event)
    }
    const always = ['file_opened', 'gateway_started', 'admin_sent', 'admin_ended']
    expect(await events('runs')).toEqual(always)
    const writes = always.toSpliced(2, 0, 'write_sent', 'write_ended')
    expect(await events('writes')).toEqual(writes)
    expect(await events('all')).toEqual(writes.toSpliced(2, 0, 'read'))
  })
})
