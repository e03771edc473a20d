/** Defines the run events that faces translate: one set for agents, teams and workflows, without repeats. */
import type { EventBase } from '../client/run-events.ts'
import type { ToolExecution } from '../client/run-types.ts'
import type { Pause } from './pause.ts'

/** Token counts of a run. A count that AgentOS omits is undefined, never 0. */
export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly totalTokens: number
  readonly reasoningTokens: number | undefined
  readonly cachedTokens: number | undefined
}

/** An image, sound, video or file that a run produced, as AgentOS describes it. */
export interface Product {
  readonly kind: 'image' | 'audio' | 'video' | 'file'
  readonly url: string | undefined
  /** Base64. */
  readonly content: string | undefined
  readonly mimeType: string | undefined
  readonly filename: string | undefined
}

/** The member of a team, or the executor of a workflow's step, whose run emitted an event. */
export interface Member {
  readonly runId: string
  /** Id of the agent or team in its upstream. */
  readonly id: string
  readonly name: string
}

/** The result of a completed run. */
export interface RunResult {
  /** Text of the answer, or JSON text of a structured one. */
  readonly text: string
  /** The content that AgentOS sent: text, or an object when the request has an output schema. */
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
  /** Set for an event of a member's run; undefined for the component's own run. */
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
  /** One model request ended; `usage` is the total of the run so far. */
  usage: { readonly usage: Usage }
  /** Ends the stream: the run waits for answers. */
  paused: { readonly pause: Pause; readonly usage: Usage | undefined }
  /** Ends the stream. `rest` is the part of the text without a `text` event. */
  completed: { readonly result: RunResult; readonly rest: string }
  /** Ends the stream. */
  cancelled: { readonly reason: string }
  /** Ends the stream. `code` is `AGW_…` for an error of the gateway, else AgentOS's error type. */
  failed: { readonly message: string; readonly code: string }
  /** Any other event, such as one of a later AgentOS. */
  other: { readonly name: string }
}

/** One event. The last one is always `paused`, `completed`, `cancelled` or `failed`. */
export type FaceEvent = {
  [Type in keyof Members]: { readonly type: Type } & Members[Type] & Happened
}[keyof Members]
