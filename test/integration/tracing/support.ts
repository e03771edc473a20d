/** Starts a gateway that exports its traces to a collector of the test. */
import { onTestFinished, vi } from 'vitest'
import { tracingFrom } from '../../../cli/tracing.ts'
import type { GatewayConfig } from '../../../config/types.ts'
import type { Collector } from '../../support/collector.ts'
import { startCollector } from '../../support/collector.ts'
import type { RunningGateway } from '../../support/gateway.ts'
import { startGateway } from '../../support/gateway.ts'
import { LogCapture } from '../../support/log-capture.ts'

export const PARENT = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  headers: {
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    tracestate: 'vendor=opaque',
  },
}

/** Sets OpenTelemetry's variables for one test. */
function otelVariables(variables: Readonly<Record<string, string>>): void {
  onTestFinished(() => void vi.unstubAllEnvs())
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
}

export interface TracedGateway {
  readonly gateway: RunningGateway
  readonly collector: Collector
  /** The log lines of the tracing module. */
  readonly tracingLog: LogCapture
}

/** @param variables in addition to the ones for the collector */
export async function tracedGateway(
  document: object,
  ready: readonly string[] = [],
  variables: Readonly<Record<string, string>> = {},
  load?: () => GatewayConfig,
): Promise<TracedGateway> {
  const collector = await startCollector()
  otelVariables({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_BSP_SCHEDULE_DELAY: '20',
    ...variables,
  })
  const tracingLog = new LogCapture()
  const tracing = await tracingFrom(process.env, tracingLog.logger)
  const gateway = await startGateway(document, { ready, tracing, ...(load && { load }) })
  return { gateway, collector, tracingLog }
}
