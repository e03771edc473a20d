/** Finds the limits of a single run: those of its component, of its upstream, and of all runs. */
import type { ComponentKind, GatewayConfig, RunLimit } from '../../config/types.ts'

/** The run's component as callers name it, and its upstream. */
export interface LimitedRun {
  readonly component: { readonly kind: ComponentKind; readonly id: string } | undefined
  readonly upstream: string
}

/** @returns undefined for a run without a limit */
export function runLimitOf(config: GatewayConfig, run: LimitedRun): RunLimit | undefined {
  const { component, upstream } = run
  const ofUpstream = config.upstreams.find(({ name }) => name === upstream)
  const ofComponent = config.components.find(
    ({ kind, id }) => kind === component?.kind && id === component.id,
  )
  const limit = { ...config.limits.maxRun, ...ofUpstream?.maxRun, ...ofComponent?.maxRun }
  return Object.keys(limit).length === 0 ? undefined : limit
}
