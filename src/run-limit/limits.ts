/** Finds the limits of a single run: those of its component, of its upstream, and of all runs. */
import type { ComponentKind, GatewayConfig, RunLimit } from '../../config/types.ts'

/** The run's component as callers name it, and its upstream. */
export interface LimitedRun {
  readonly component: { readonly kind: ComponentKind; readonly id: string } | undefined
  readonly upstream: string
}

/** A run of the configuration can have a limit. */
const limited = new WeakMap<GatewayConfig, boolean>()

/** Whether any run has a limit. Computed once for each configuration. */
export function hasRunLimits(config: GatewayConfig): boolean {
  let known = limited.get(config)
  if (known === undefined) {
    const { limits, upstreams, components } = config
    const all = [limits, ...upstreams, ...components]
    known = all.some(({ maxRun = {} }) => Object.keys(maxRun).length > 0)
    limited.set(config, known)
  }
  return known
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
