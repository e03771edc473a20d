/** Implements the shared part of RemoteAgent and RemoteTeam: role, tools and knowledge of the last fetched config. */
import type { ComponentCard } from '../remote/base-remote.ts'
import { toolsOf } from './card.ts'
import { ComponentRemote } from './component-remote.ts'
import { RemoteKnowledge } from './remote-knowledge.ts'
import type { EventBase } from './run-events.ts'
import type { RunOptions } from './run-types.ts'

/** An agent's config. @see AgentOS `GET /agents/{agent_id}` */
export interface AgentConfig extends ComponentCard {
  readonly role?: string | null
  /** `tools` is a list, or its JSON text in older releases. */
  readonly tools?: { readonly tools?: unknown } | null
  readonly knowledge?: {
    readonly db_id?: string | null
    readonly knowledge_table?: string | null
  } | null
}

/** An agent or a team: a component with a model of its own. */
export abstract class ModelRemote<
  Config extends AgentConfig,
  Output,
  Event extends EventBase,
> extends ComponentRemote<Config, Output, Event, RunOptions> {
  /** Role in the last fetched config. */
  get role(): string | undefined {
    return this.lastCard?.role ?? undefined
  }

  /** Tools in the last fetched config; undefined when it has none. */
  get tools(): Record<string, unknown>[] | undefined {
    return toolsOf(this.lastCard?.tools)
  }

  /** Knowledge in the last fetched config; undefined when it has none. */
  get knowledge(): RemoteKnowledge | undefined {
    return RemoteKnowledge.fromCard(this.lastCard?.knowledge, this.api, this.lastOsConfig)
  }
}
