/** The interface of a worker to the other workers of its machine. A single process has no peers. */

import type { ConfigReport } from '../../config/report.ts'
import type { SlotClaim } from '../limits/keyed-counter.ts'
import type { SharedStore } from '../store/shared-store.ts'

/** A question to each worker. */
export type Topic =
  | 'status'
  | 'metrics'
  | 'refresh'
  | 'live'
  | 'history'
  | 'budgets'
  | 'detach'
  | 'notify'

export interface WorkerPeers {
  /** Answers of all workers, including this one. Workers that do not answer in time are left out. */
  gather(topic: Topic, args?: unknown): Promise<unknown[]>
  /** Explains the configuration. Only the primary process reads its file, so it answers. */
  describeConfig(): Promise<ConfigReport>
  /** Reloads the configuration of all workers. Resolves when it is in force everywhere, or refused. */
  reload(): Promise<void>
  /** Replicas of runs, and counts, shared by the workers. */
  readonly store: SharedStore
  /** Acquires a slot for each claim, or none. @returns false when a limit is reached */
  acquire(claims: readonly SlotClaim[]): Promise<boolean>
  /** Releases slots. */
  release(keys: readonly string[]): void
}
