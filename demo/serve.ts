#!/usr/bin/env node
/**
 * Runs one of the demo's AgentOS instances as its own process, to test a gateway with upstreams that stop and start:
 * `node demo/serve.ts --name demo-b --host 0.0.0.0 --port 7778`.
 */
import { parseArgs } from 'node:util'
import { serveAgentOs } from './agent-os.ts'
import { demoA, demoB } from './components.ts'
import { DEFAULT_PACE } from './scripts.ts'

const specs = [demoA(DEFAULT_PACE), demoB(DEFAULT_PACE)]
const { values } = parseArgs({
  options: {
    name: { type: 'string', default: 'demo-a' },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '7777' },
  },
})
const spec = specs.find(({ id }) => id === values.name)
if (spec === undefined) {
  process.stderr.write(`no demo is named '${values.name}'; there are demo-a and demo-b\n`)
  process.exit(64)
}
const { url, close } = await serveAgentOs(spec, { host: values.host, port: Number(values.port) })
process.stdout.write(`${spec.id} listens on ${url}\n`)
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void close())
