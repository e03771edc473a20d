/** Compares agent-ui's calls from its own origin to real AgentOS servers, direct and through one gateway. */
import { describe, expect, test } from 'vitest'
import type { ChatKind, SeenEvent } from './page/contract.ts'
import { AGENT_UI, useChromium } from './support/chromium.ts'
import { comparable, gatewayToReal, realOnes, targetAt } from './support/real.ts'

const browser = useChromium()

const CALLS = [
  ['GET /health', 200],
  ['GET /teams', 200],
  ['GET /agents', 200],
  ['GET /sessions', 200],
  ['POST runs', 200],
  ['POST runs', 200],
  ['GET /sessions', 200],
  ['GET runs', 200],
  ['DELETE session', 204],
  ['GET runs', 404],
]

describe.each([false, true])('with AgentOS that require a token: %s', (isLocked) => {
  test.each(['agent', 'team'] as const)(
    'a chat with each %s gives the same answers through the gateway',
    async (kind) => {
      const gateway = await gatewayToReal(isLocked)
      for (const agentOs of realOnes(isLocked)) {
        const page = await browser.visit(AGENT_UI)
        const play = (base: string) =>
          page.call('agentUi', targetAt(base, agentOs), kind as ChatKind, 'use tool')
        const [straight, through] = [await play(agentOs.url), await play(gateway.url)]
        const isAbout = (id: string) => id.endsWith(`-${agentOs.name}`)
        // The health response contains the server's start time.
        expect(comparable(through.slice(1), isAbout)).toEqual(
          comparable(straight.slice(1), isAbout),
        )
        expect(through.map(({ status }) => status)).toEqual(CALLS.map(([, status]) => status))
        const events = ((through[4]?.body ?? []) as SeenEvent[]).map(({ event }) => event)
        const prefix = kind === 'team' ? 'Team' : ''
        expect(events[0]).toBe(`${prefix}RunStarted`)
        expect(events).toContain(`${prefix}ToolCallCompleted`)
        expect(events.at(-1)).toBe(`${prefix}RunCompleted`)
        expect(page.console.filter((line) => line.includes('CORS'))).toEqual([])
      }
    },
  )
})
