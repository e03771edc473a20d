/** Tests a public page that calls a gateway on the visitor's own machine, which the visitor must permit first. */
import { expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { gatewayOf } from '../support/gateway.ts'
import { CONTROL_PLANE, useChromium } from './support/chromium.ts'

const browser = useChromium({ publicPages: true })

async function asked(isAllowed: boolean) {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url })
  const context = await browser.context()
  const leave = isAllowed ? ['local-network-access'] : []
  await context.grantPermissions(leave, { origin: CONTROL_PLANE })
  const page = await browser.visit(CONTROL_PLANE, context)
  const headers = { 'content-type': 'application/json' }
  const seen = await page.call('ask', `${gateway.url}/agents`, { headers, credentials: 'include' })
  return { seen, console: page.console.join('\n') }
}

test('a public page may call a local gateway with permission', async () => {
  expect((await asked(true)).seen).toMatchObject({
    status: 200,
    text: expect.stringMatching(/^\[/),
  })
})

test("the browser blocks a public page without the visitor's permission", async () => {
  const { seen, console } = await asked(false)
  expect(seen.status).toBe(0)
  expect(console).toContain('loopback')
})
