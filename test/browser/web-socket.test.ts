/** Tests the workflow WebSocket from pages, which send their token in a message because they cannot set headers. */
import { expect, test } from 'vitest'
import { CONTROL_PLANE, STRANGER, useChromium } from './support/chromium.ts'
import { ADMIN, gatewayToReal, realOnes } from './support/real.ts'
import type { Visit } from './support/visit.ts'

const browser = useChromium()

/** Parses a frame: it is JSON or a whole server-sent event. */
async function next(page: Visit): Promise<Record<string, unknown>> {
  const frame = await page.next()
  if (typeof frame !== 'string') return frame as Record<string, unknown>
  return JSON.parse(frame.slice(frame.startsWith('{') ? 0 : frame.indexOf('data: ') + 6))
}

async function untilEnd(page: Visit): Promise<Record<string, unknown>[]> {
  const events: Record<string, unknown>[] = []
  while (events.at(-1)?.['event'] !== 'WorkflowCompleted') events.push(await next(page))
  return events
}

test.each([true, false])(
  'a control-plane page runs workflows of both AgentOS; with a token: %s',
  async (isLocked) => {
    const gateway = await gatewayToReal(isLocked)
    const page = await browser.visit(CONTROL_PLANE)
    await page.call('connect', `${gateway.url.replace('http', 'ws')}/workflows/ws`)
    expect(await next(page)).toMatchObject({ event: 'connected', requires_auth: isLocked })
    if (isLocked) {
      await page.call('say', { action: 'ping' })
      expect(await next(page)).toMatchObject({ event: 'auth_required' })
      await page.call('say', { action: 'authenticate', token: ADMIN })
      expect(await next(page)).toMatchObject({ event: 'authenticated' })
      expect(await next(page)).toMatchObject({ event: 'authenticated', user_id: 'u1' })
    }
    for (const { name } of realOnes(isLocked)) {
      await page.call('say', {
        action: 'start-workflow',
        workflow_id: `wf-${name}`,
        message: 'Grüße 👋🏽',
      })
      const events = await untilEnd(page)
      expect(events.map(({ event }) => event)).toContain('WorkflowStarted')
      expect(events.at(-1)).toMatchObject({
        workflow_id: `wf-${name}`,
        content: expect.stringContaining('Grüße 👋🏽'),
      })
    }
    await page.call('say', { action: 'ping' })
    expect(await next(page)).toEqual({ event: 'pong' })
  },
)

test('the gateway refuses the WebSocket of an unlisted page', async () => {
  const gateway = await gatewayToReal(false)
  const page = await browser.visit(STRANGER)
  await page.call('connect', `${gateway.url.replace('http', 'ws')}/workflows/ws`)
  expect(await page.next()).toEqual({ closed: 1006 })
})
