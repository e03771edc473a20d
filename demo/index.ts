/**
 * The demo: two scripted AgentOS instances inside this process, which the gateway serves
 * when it has no configuration. No key, no model, no Python; state in memory.
 */
import { serveAgentOs } from './agent-os.ts'
import { demoA, demoB } from './components.ts'
import { DEFAULT_PACE, type Pace } from './scripts.ts'

/** How the demo behaves; the defaults suit a person watching a terminal. */
export type DemoOptions = Partial<Pace>

/** The demo, listening. */
export interface Demo {
  /** `demo-a` and `demo-b`, with their base URLs on 127.0.0.1. */
  upstreams: { name: string; url: string }[]
  /** Stops every run, cuts every connection and frees both ports. */
  close(): Promise<void>
}

/**
 * Starts both instances on free ports of 127.0.0.1.
 *
 * `demo-a` has the agents `echo`, `slow` (counts: "count to 20 every 100 ms") and `confirm` (asks
 * before it deletes a file), `desk` (stops for input, a choice or a call elsewhere) and `report` (an
 * answer with everything); `demo-b` the agents `poet` and `critic`, the team `duo` and the workflow
 * `pipeline`.
 *
 * @param options milliseconds per word: `wordDelayMs` (30), and `slowWordDelayMs` (200) for `slow`
 */
export async function startDemo(options: DemoOptions = {}): Promise<Demo> {
  const pace = { ...DEFAULT_PACE, ...options }
  const specs = [demoA(pace), demoB(pace)]
  const servers = await Promise.all(specs.map((spec) => serveAgentOs(spec)))
  return {
    upstreams: specs.map(({ id }, index) => ({ name: id, url: servers[index]?.url ?? '' })),
    async close() {
      await Promise.all(servers.map((server) => server.close()))
    },
  }
}
