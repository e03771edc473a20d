import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { send } from '../../support/client.ts'
import { answerJson } from '../../support/fake-upstream.ts'
import { gatewayOf } from '../../support/gateway.ts'

const serves = (db: string) => ({ agents: [`agent-${db}`], config: { databases: [db] } })

test("a route missing in one release answers that release's 404", async () => {
  const older = await startAgentOs(serves('old'), ({ url }, response) => {
    const isSession = (url ?? '').startsWith('/sessions/s?') || url === '/sessions/s'
    if (isSession) answerJson(response, { session_id: 's' })
    else answerJson(response, { detail: 'Not Found' }, 404)
  })
  const newer = await startAgentOs(serves('new'), (_request, response) =>
    answerJson(response, { detail: 'Session with ID s not found' }, 404),
  )
  const { url } = await gatewayOf({ older: older.url, newer: newer.url })
  expect((await send(`${url}/sessions/s`)).status).toBe(200)
  const answer = await send(`${url}/sessions/s/run-previews`)
  expect([answer.status, await answer.json()]).toEqual([404, { detail: 'Not Found' }])
})

test('a change of an unknown item goes to one release', async () => {
  const older = await startAgentOs(serves('old'), (_request, response) =>
    answerJson(response, { detail: 'Not Found' }, 404),
  )
  const asked: string[] = []
  const newer = await startAgentOs(serves('new'), ({ method }, response) => {
    asked.push(method)
    answerJson(response, { detail: 'Job not found' }, 404)
  })
  const { url } = await gatewayOf({ older: older.url, newer: newer.url })
  const answer = await send(`${url}/queue/jobs/j/requeue`, { method: 'POST' })
  expect([answer.status, await answer.json()]).toEqual([404, { detail: 'Job not found' }])
  expect(asked).toEqual(['GET', 'POST'])
})
