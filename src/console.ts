/** Decides whether the web console is served, and loads its files. */
import type { GatewayConfig } from '../config/types.ts'

/** One file of the console, ready to be sent. */
export interface ConsoleFile {
  /** Value of `content-type`. */
  readonly type: string
  readonly body: Buffer
  readonly gzip: Buffer
  /** The file name contains a hash of the contents, so the file may be cached forever. */
  readonly isImmutable: boolean
}

/** By the name below `/gateway/console/`; `''` is the page itself. */
export type ConsoleFiles = ReadonlyMap<string, ConsoleFile>

/** `auto` serves the console when only this machine can reach it, or when callers have to authenticate. */
export function isConsoleOn({ console, auth, listen }: GatewayConfig): boolean {
  if (console !== 'auto') return console === 'on'
  return auth.mode !== 'none' || isLoopback(listen.host)
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)
}
