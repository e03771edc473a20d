/** Makes one logger for each area of the gateway, each with its own level. */
import type { FastifyBaseLogger } from 'fastify'
import fp from 'fastify-plugin'
import type { LogArea, LogConfig } from '../config/types.ts'
import { LOG_AREAS } from '../config/types.ts'

export type Logs = Readonly<Record<LogArea, FastifyBaseLogger>>

declare module 'fastify' {
  interface FastifyInstance {
    readonly logs: Logs
  }
}

/** @param access destination of the access log; default: the root logger */
export function areaLogs(root: FastifyBaseLogger, config: LogConfig, access = root): Logs {
  const logs = LOG_AREAS.map((area) => {
    const parent = area === 'access' ? access : root
    return [area, parent.child({ area }, { level: levelOf(area, config) })] as const
  })
  return Object.fromEntries(logs) as Record<LogArea, FastifyBaseLogger>
}

/** Applies the levels of a configuration. */
export function setLevels(logs: Logs, config: LogConfig): void {
  for (const area of LOG_AREAS) logs[area].level = levelOf(area, config)
}

function levelOf(area: LogArea, { level, areas }: LogConfig): LogConfig['level'] {
  return areas[area] ?? level
}

export default fp<{ logs: Logs }>(
  async (app, { logs }) => {
    app.decorate('logs', logs)
  },
  { name: 'logs' },
)
