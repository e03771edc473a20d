/**
 * Starts the demo: two scripted AgentOS instances inside this process, for a gateway without a configuration. Needs no
 * key, model or Python; keeps its state in memory.
 */
import { serveAgentOs } from './agent-os.ts'
import { demoA, demoB } from './components.ts'
import { demoComposition } from './composition.ts'
import { serveLeader } from './leader.ts'
import { DEFAULT_PACE, type Pace } from './scripts.ts'

/** Speed of the demo; the defaults suit a person at a terminal. */
export type DemoOptions = Partial<Pace>

/** The running demo. */
export interface Demo {
  /** `demo-a` and `demo-b`, with their base URLs on 127.0.0.1. */
  upstreams: { name: string; url: string }[]
  /** Keys of the configuration for a team and a workflow over both. */
  composition: Record<string, unknown>
  /** Stops every run, closes every connection and frees all ports. */
  close(): Promise<void>
}

/**
 * Starts both instances on free ports of 127.0.0.1.
 *
 * `demo-a` has the agents `echo`, `slow` (counts: "count to 20 every 100 ms"), `confirm` (asks before it deletes a
 * file), `desk` (pauses for input, a choice, an external call or an approval) and `report` (an answer with every kind
 * of content). `demo-b` has the agents `poet` and `critic`, the team `duo` and the workflows `pipeline` and `panel`
 * (with parallel steps). The team `studio` and the workflow `publish` are composed over both.
 *
 * @param options milliseconds per word: `wordDelayMs` (30), and `slowWordDelayMs` (200) for `slow`
 */
export async function startDemo(options: DemoOptions = {}): Promise<Demo> {
  const pace = { ...DEFAULT_PACE, ...options }
  const specs = [demoA(pace), demoB(pace)]
  const servers = await Promise.all(specs.map((spec) => serveAgentOs(spec)))
  const leader = await serveLeader()
  return {
    upstreams: specs.map(({ id }, index) => ({ name: id, url: servers[index]?.url ?? '' })),
    composition: demoComposition(leader.url),
    async close() {
      await leader.close()
      await Promise.all(servers.map((server) => server.close()))
    },
  }
}
