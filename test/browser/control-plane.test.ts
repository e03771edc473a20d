/** Compares the control plane's calls from os.agno.com to real AgentOS servers, direct and through one gateway. */
import { describe, expect, test } from 'vitest'
import type { Step } from './page/contract.ts'
import { CONTROL_PLANE, picture, useChromium } from './support/chromium.ts'
import { comparable, gatewayToReal, realOnes, targetAt } from './support/real.ts'

const browser = useChromium()

/** Requests that the gateway answers itself for all upstreams together. */
const OWN = new Set(['GET /health', 'GET /info', 'GET /config'])
const forwarded = (steps: readonly Step[]) => steps.filter(({ call }) => !OWN.has(call))

describe.each([false, true])('with AgentOS that require a token: %s', (isLocked) => {
  test('every control-plane tab gets the same answers through the gateway', async () => {
    const gateway = await gatewayToReal(isLocked)
    for (const agentOs of realOnes(isLocked)) {
      const page = await browser.visit(CONTROL_PLANE)
      const straight = await page.call('controlPlane', targetAt(agentOs.url, agentOs))
      const through = await page.call('controlPlane', targetAt(gateway.url, agentOs))
      await picture(page.page, `control-plane-${agentOs.name}`)
      const isAbout = (id: string) => id.endsWith(`-${agentOs.name}`)
      const statuses = (steps: readonly Step[]) => steps.map(({ status }) => status)
      expect(statuses(through)).toEqual(statuses(straight))
      expect(Math.max(...statuses(through))).toBeLessThan(300)
      expect(comparable(forwarded(through), isAbout)).toEqual(
        comparable(forwarded(straight), isAbout),
      )
      expect(page.console.filter((line) => line.includes('CORS'))).toEqual([])
    }
  })
})

test('the control plane shows one AgentOS with the components of both', async () => {
  const gateway = await gatewayToReal(false)
  const page = await browser.visit(CONTROL_PLANE)
  const read = async (path: string) =>
    JSON.parse((await page.call('ask', gateway.url + path, { credentials: 'include' })).text)
  const names = realOnes(false).map(({ name }) => name)
  const config = await read('/config')
  expect(config.databases).toEqual(names.map((name) => `db-${name}`))
  expect(config.agents.map(({ id }: { id: string }) => id)).toEqual(
    names.flatMap((name) => [`assistant-${name}`, `hitl-${name}`]),
  )
  expect(await read('/info')).toMatchObject({ os_id: 'agentos-gateway' })
  // Requests without a database list the data of both upstreams.
  for (const name of names) {
    await page.call('stream', `${gateway.url}/agents/assistant-${name}/runs`, {
      form: { message: 'hi', stream: 'true' },
    })
  }
  const sessions = await read('/sessions?type=agent&limit=100')
  const owners = sessions.data.map(({ agent_id }: { agent_id: string }) => agent_id)
  expect(new Set(owners)).toEqual(new Set(names.map((name) => `assistant-${name}`)))
})
