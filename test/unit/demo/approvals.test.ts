import { expect, test } from 'vitest'
import { allEvents, json, openDemo, post, send } from './support.ts'

/** A run that waits for an administrator, and its approval. */
async function waitingRun(a: string) {
  const fields = { message: 'pay it', stream: 'false', session_id: 'p1', user_id: 'ada' }
  const run = await json(post(`${a}/agents/desk/runs`, fields))
  const { data } = await json(fetch(`${a}/approvals?status=pending`))
  const [approval] = data as Record<string, unknown>[]
  return { url: `${a}/agents/desk/runs/${run['run_id']}`, approval: approval ?? {} }
}

test('a run that needs an approval lists it until it is resolved', async () => {
  const { a } = await openDemo()
  const { url, approval } = await waitingRun(a)
  expect(approval).toMatchObject({ tool_name: 'pay_invoice', user_id: 'ada', run_status: 'PAUSED' })
  const path = `${a}/approvals/${approval['id']}`
  const early = await post(`${url}/continue`, { session_id: 'p1', stream: 'false' })
  expect(early.status).toBe(409)
  expect((await send('POST', `${path}/resolve`, { status: 'maybe' })).status).toBe(422)
  const resolved = await json(send('POST', `${path}/resolve`, { status: 'approved' }))
  expect(resolved).toMatchObject({ status: 'approved', resolved_at: expect.any(Number) })
  expect((await send('POST', `${path}/resolve`, { status: 'rejected' })).status).toBe(409)
  expect(await json(fetch(`${a}/approvals/count`))).toEqual({ count: 0 })
  expect(await json(fetch(`${path}/status`))).toMatchObject({ status: 'approved' })
  const sent = await allEvents(post(`${url}/continue`, { session_id: 'p1' }))
  expect(sent.at(-1)?.data['content']).toBe('The invoice is paid.')
})

test('a rejected approval leaves the call undone', async () => {
  const { a } = await openDemo()
  const { url, approval } = await waitingRun(a)
  expect(await json(fetch(`${a}/approvals/count`))).toEqual({ count: 1 })
  await send('POST', `${a}/approvals/${approval['id']}/resolve`, { status: 'rejected' })
  const sent = await allEvents(post(`${url}/continue`, { session_id: 'p1' }))
  expect(sent.at(-1)?.data['content']).toBe('The invoice is not paid.')
  expect((await fetch(`${a}/approvals/nope`)).status).toBe(404)
})
