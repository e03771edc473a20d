/** What the worker processes of one machine know of each other. A process of its own has none. */

import type { ConfigReport } from '../../config/report.ts'
import type { SlotClaim } from '../limits/keyed-counter.ts'
import type { SharedStore } from '../store/shared-store.ts'

/** What each worker is asked for. */
export type Topic = 'status' | 'metrics' | 'refresh' | 'live' | 'history' | 'detach'

export interface WorkerPeers {
  /** What each worker answers, this one among them. Those that don't answer in time are left out. */
  gather(topic: Topic, args?: unknown): Promise<unknown[]>
  /** Explains the configuration: only the process that reads the file can. */
  describeConfig(): Promise<ConfigReport>
  /** Has the configuration read again, for all. Resolves when it is in force everywhere, or refused. */
  reload(): Promise<void>
  /** Which replica holds what, and how often something happened. */
  readonly store: SharedStore
  /** Takes all of the places, or none. @returns whether there was room */
  acquire(claims: readonly SlotClaim[]): Promise<boolean>
  /** Gives them back. */
  release(keys: readonly string[]): void
}
