/** Defines the leader interface: the model that delegates work to members. Independent of any library and provider. */

/** A tool that the leader may call. */
export interface LeaderTool {
  readonly name: string
  readonly description: string
  /** JSON Schema of its arguments. */
  readonly parameters: Readonly<Record<string, unknown>>
}

/** A call of a tool. */
export interface LeaderCall {
  readonly id: string
  readonly name: string
  /** Arguments from the model. They are not validated. */
  readonly args: unknown
  /** The model's arguments are no JSON object. `args` is then empty. A team sets it. Default false. */
  readonly isUnreadable?: boolean | undefined
}

/** One message of the conversation. */
export type LeaderMessage =
  | { readonly role: 'user'; readonly content: string }
  | {
      readonly role: 'assistant'
      readonly content: string
      readonly calls: readonly LeaderCall[]
    }
  | {
      readonly role: 'tool'
      readonly callId: string
      readonly name: string
      readonly result: string
    }

/** One request to the model. */
export interface LeaderRequest {
  readonly system: string
  readonly messages: readonly LeaderMessage[]
  readonly tools: readonly LeaderTool[]
  readonly signal: AbortSignal
  /** Receives each piece of text and is awaited. */
  readonly onText: (text: string) => Promise<void>
}

/** Token counts of one request, with AgentOS's names. */
export interface LeaderUsage {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly total_tokens: number
  readonly reasoning_tokens: number
  readonly cache_read_tokens: number
  readonly cache_write_tokens: number
}

/** The model's answer to one request. */
export interface LeaderTurn {
  readonly text: string
  readonly calls: readonly LeaderCall[]
  readonly usage: LeaderUsage
  /** Seconds until the first text; undefined for an answer without text. */
  readonly timeToFirstToken: number | undefined
}

/** A model that can lead a team. */
export interface Leader {
  /** Id of the model, for events and cards. */
  readonly id: string
  readonly provider: string
  /** @throws the abort reason, or an Error with a message for the caller */
  turn(request: LeaderRequest): Promise<LeaderTurn>
}
