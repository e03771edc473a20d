/** Handles the pipelined requests of one caller's connection one after the other. */
import type { RequestListener } from 'node:http'
import fp from 'fastify-plugin'
import { oneByOne } from '../src/limits/pipelining.ts'

export default fp(
  async ({ server }) => {
    const handlers = server.listeners('request') as RequestListener[]
    for (const handle of handlers) {
      server.off('request', handle).on('request', oneByOne(handle.bind(server)))
    }
  },
  { name: 'pipelining' },
)
