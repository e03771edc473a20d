/**
 * Puts a new configuration in force as a whole, or refuses it as a whole. Open requests keep the configuration they
 * began with.
 */
import { hash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import fp from 'fastify-plugin'
import type { FacesConfig, GatewayConfig } from '../config/types.ts'
import type { Gateway } from '../src/gateway.ts'
import { setLevels } from './logs.ts'

/** Longest wait for the first answer of new upstreams, in milliseconds. */
const PREPARE_MS = 2_000

/** The result of the last reload. */
export interface Reloads {
  /** 1 for the configuration at start, plus 1 for each one put in force since. */
  version: number
  /** A short hash that identifies the configuration and reveals nothing of it. */
  hash: string
  loadedAtMs: number
  /** Errors of the last refused configuration, one line each. The previous configuration stays in force. */
  error: { readonly atMs: number; readonly issues: readonly string[] } | undefined
  /** Number of refused reloads. */
  refused: number
  /** Changed keys that take effect only at a restart. */
  restartNeeded: readonly string[]
}

/** A configuration that was put in force, or refused. */
export interface ConfigChange {
  readonly isRefused: boolean
  /** See {@link Reloads}; of the configuration in force. */
  readonly version: number
  readonly hash: string
  /** Parts that differ from the previous configuration, such as `upstreams`; empty for a refused one. */
  readonly parts: readonly string[]
  readonly restartNeeded: readonly string[]
}

export interface ReloadOptions {
  /** Reads the configuration again. @throws with one line for each mistake */
  load(): GatewayConfig
  /**
   * The configuration at the start of the primary process, for workers that start later. Static keys are compared with
   * it.
   */
  readonly first?: GatewayConfig | undefined
  /** Default 1. */
  readonly version?: number | undefined
  /** Builds the engine that replaces another one. */
  build(config: GatewayConfig, previous: Gateway): Gateway
}

declare module 'fastify' {
  interface FastifyInstance {
    readonly reloads: Readonly<Reloads>
    /** Called after each change. Plugins add theirs when they are registered. */
    readonly configListeners: ((change: ConfigChange) => void)[]
    /** Reads the configuration and applies it if it has changed. Never rejects: see {@link Reloads.error}. */
    reload(): Promise<void>
  }
}

export default fp<ReloadOptions>(
  async (app, { load, build, first = app.engine.current.config, version = 1 }) => {
    const { engine } = app
    const reloads: Reloads = {
      version,
      hash: hashOf(engine.current.config),
      loadedAtMs: Date.now(),
      error: undefined,
      refused: 0,
      restartNeeded: staticChanges(first, engine.current.config),
    }
    const listeners: ((change: ConfigChange) => void)[] = []
    let running: Promise<void> = Promise.resolve()

    async function reload(): Promise<void> {
      try {
        const config = load()
        reloads.error = undefined
        if (!isDeepStrictEqual(config, engine.current.config)) await put(config)
      } catch (error) {
        const issues = (error instanceof Error ? error.message : String(error)).split('\n')
        reloads.refused++
        reloads.error = { atMs: Date.now(), issues }
        app.log.error({ issues }, 'configuration refused: the previous one stays in force')
        report(true, [])
      }
    }

    async function put(config: GatewayConfig): Promise<void> {
      const previous = engine.current
      const next = build(config, previous)
      await next.prepare(PREPARE_MS)
      engine.current = next
      next.start()
      previous.retire(next)
      setLevels(app.logs, config.log)
      reloads.version++
      reloads.hash = hashOf(config)
      reloads.loadedAtMs = Date.now()
      reloads.restartNeeded = staticChanges(first, config)
      const { version, restartNeeded } = reloads
      app.log.info({ version, restartNeeded }, 'configuration in force')
      report(false, changedParts(previous.config, config))
    }

    function report(isRefused: boolean, parts: readonly string[]): void {
      const { version, hash, restartNeeded } = reloads
      for (const listener of listeners) listener({ isRefused, version, hash, parts, restartNeeded })
    }

    app.decorate('reloads', reloads)
    app.decorate('configListeners', listeners)
    app.decorate('reload', () => {
      running = running.then(reload)
      return running
    })
  },
  { name: 'reload', dependencies: ['gateway', 'logs'] },
)

function hashOf(config: GatewayConfig): string {
  return hash('sha256', JSON.stringify(config)).slice(0, 12)
}

/** Names of the members of the configuration that differ. */
function changedParts(before: GatewayConfig, now: GatewayConfig): string[] {
  const names = Object.keys(now) as (keyof GatewayConfig)[]
  return names.filter((name) => !isDeepStrictEqual(before[name], now[name]))
}

/** Keys that are read once, at the start. */
const STATIC: Readonly<Record<string, (config: GatewayConfig) => unknown>> = {
  'listen.host': ({ listen }) => listen.host,
  'listen.port': ({ listen }) => listen.port,
  // A renewed certificate is applied without a restart or reload.
  'listen.tls': ({ listen }) => listen.tls === undefined,
  'listen.tls.client_ca_file': ({ listen }) => listen.tls?.clientCaFile,
  workers: ({ workers }) => workers,
  // The composer applies another retention at once.
  composer: ({ composition }) => composition && { ...composition.composer, keepMs: undefined },
  'metrics.host': ({ metrics }) => metrics.host,
  'metrics.port': ({ metrics }) => metrics.port,
  'listen.trusted_proxies': ({ listen }) => listen.trustedProxies,
  'log.format': ({ log }) => log.format,
  'log.level_format': ({ log }) => log.levelFormat,
  'log.time_format': ({ log }) => log.timeFormat,
  'log.file': ({ log }) => log.file,
  'log.access_file': ({ log }) => log.accessFile,
  audit: ({ audit }) => audit === undefined,
  'audit.file': ({ audit }) => audit?.file,
  'audit.fsync': ({ audit }) => audit?.fsync,
  'audit.key': ({ audit }) => audit?.key,
  header_timeout: ({ limits }) => limits.headerTimeoutMs,
  max_header_size: ({ limits }) => limits.maxHeaderBytes,
  max_message_size: ({ limits }) => limits.maxMessageBytes,
}

function staticChanges(first: GatewayConfig, now: GatewayConfig): string[] {
  const changed = Object.entries(STATIC)
    .filter(([, read]) => !isDeepStrictEqual(read(first), read(now)))
    .map(([key]) => key)
  return [...changed, ...faceChanges(first.faces, now.faces)]
}

/** Routes of a face are added at the start only. Turning a face off, and its other options, apply at once. */
function faceChanges(first: FacesConfig, now: FacesConfig): string[] {
  const changed: string[] = []
  const isOff = (name: string) => first[name as keyof FacesConfig] === undefined
  if (Object.entries(now).some(([name, face]) => face && isOff(name))) changed.push('faces')
  if (first.mcp && now.mcp && first.mcp.path !== now.mcp.path) changed.push('faces.mcp.path')
  if (first.agui && now.agui && !isDeepStrictEqual(first.agui.mounts, now.agui.mounts)) {
    changed.push('faces.agui.mounts')
  }
  return changed
}
