/** Starts tracing when OpenTelemetry's environment variables ask for it. */
import type { Environment } from '../src/tracing/environment.ts'
import { tracingSettings } from '../src/tracing/environment.ts'
import type { Tracing, TracingLog } from '../src/tracing/tracing.ts'

/** @returns undefined when tracing is off; then no tracing code is loaded */
export async function tracingFrom(env: Environment, log: TracingLog): Promise<Tracing | undefined> {
  const settings = tracingSettings(env)
  if (settings === undefined) return undefined
  for (const complaint of settings.complaints) log.warn({ reason: complaint }, 'tracing')
  if (!('protocol' in settings)) return undefined
  const { openTelemetry } = await import('../src/tracing/open-telemetry.ts')
  const { sampler, protocol } = settings
  log.info({ sampler, protocol }, 'tracing is on')
  return openTelemetry(settings, log)
}
