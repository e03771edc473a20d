/** The events of a run as faces see them: of agents, teams and workflows alike, and each said once. */
import type { EventBase } from '../client/run-events.ts'
import type { ToolExecution } from '../client/run-types.ts'
import type { Pause } from './pause.ts'

/** Tokens of a run, as far as AgentOS says them. A count that AgentOS leaves out is undefined, never 0. */
export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly totalTokens: number
  readonly reasoningTokens: number | undefined
  readonly cachedTokens: number | undefined
}

/** Image, sound, video or file that a run made, as AgentOS describes it. */
export interface Product {
  readonly kind: 'image' | 'audio' | 'video' | 'file'
  readonly url: string | undefined
  /** Base64. */
  readonly content: string | undefined
  readonly mimeType: string | undefined
  readonly filename: string | undefined
}

/** A member of a team, or the executor of a workflow's step, in whose run an event happened. */
export interface Member {
  readonly runId: string
  /** Id of the agent or team, as its upstream calls it. */
  readonly id: string
  readonly name: string
}

/** What a completed run came to. */
export interface RunResult {
  /** Text of the answer, or JSON text of a structured one. */
  readonly text: string
  /** As AgentOS gives it: text, or an object where an output schema was asked for. */
  readonly content: unknown
  readonly usage: Usage | undefined
  readonly products: readonly Product[]
  /** URLs that the answer cites. */
  readonly citations: readonly { readonly url: string; readonly title: string | undefined }[]
  readonly sessionState: Readonly<Record<string, unknown>> | undefined
}

interface Happened {
  /** The event as AgentOS sent it. */
  readonly raw: EventBase
  /** Set where it happened in the run of a member, not in the component's own. */
  readonly member: Member | undefined
}

interface Members {
  /** The run began or continues. */
  started: { readonly runId: string; readonly sessionId: string; readonly isResumed: boolean }
  text: { readonly text: string }
  reasoning: { readonly text: string }
  tool: {
    readonly phase: 'started' | 'completed' | 'failed'
    readonly tool: ToolExecution
    readonly error: string | undefined
  }
  step: { readonly phase: 'started' | 'completed'; readonly name: string; readonly index: number }
  /** The run of a member began or ended. */
  member: { readonly phase: 'started' | 'completed' | 'failed'; readonly error: string | undefined }
  /** One request to a model ended: what the run has taken so far. */
  usage: { readonly usage: Usage }
  /** Ends the stream: the run waits for answers. */
  paused: { readonly pause: Pause; readonly usage: Usage | undefined }
  /** Ends the stream. `rest` is the part of the text that no `text` event has brought. */
  completed: { readonly result: RunResult; readonly rest: string }
  /** Ends the stream. */
  cancelled: { readonly reason: string }
  /** Ends the stream. `code` is `AGW_…` where the gateway made the event, else AgentOS's error type. */
  failed: { readonly message: string; readonly code: string }
  /** Any other event, also of a later AgentOS. */
  other: { readonly name: string }
}

/** One event. Exactly one of `paused`, `completed`, `cancelled` and `failed` comes, as the last. */
export type FaceEvent = {
  [Type in keyof Members]: { readonly type: Type } & Members[Type] & Happened
}[keyof Members]
