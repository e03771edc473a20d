/** Defines the context that the composer's routes share. */
import type { ComposedComponent } from '../src/compose/composed-component.ts'
import type { ComposeStore } from '../src/compose/store.ts'
import type { Definitions } from './definitions.ts'
import type { Runs } from './runs.ts'

export interface ComposerContext {
  readonly store: ComposeStore
  readonly runs: Runs
  /** Id of the composer in `/config` and `/info`, and of its database. */
  readonly id: string
  /** The definitions in force. */
  definitions(): Definitions
  /** @throws {HttpError} 404 in AgentOS's words */
  component(kind: 'teams' | 'workflows', id: string): ComposedComponent
}
