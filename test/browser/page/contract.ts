/** What a test can have a page do, and what it hears of it. */

/** A request, as a page makes it. */
export interface Ask {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Sent as multipart form, as agent-ui does, instead of `body`. */
  readonly form?: Readonly<Record<string, string>>
  /** Default `same-origin`, as of `fetch`. */
  readonly credentials?: 'include' | 'omit' | 'same-origin'
}

/** What script got of an answer. Status 0: the browser kept it from the page. */
export interface Seen {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** A stream, once it is over. */
export interface SeenStream extends Seen {
  /** Why the stream ended otherwise than by its end. */
  readonly failed?: string
}

/** An event, as agent-ui reads it: the JSON object in its data. */
export type SeenEvent = Readonly<Record<string, unknown>> & { readonly event: string }

/** One call of a client that was played, with what it got. */
export interface Step {
  readonly call: string
  readonly status: number
  /** Parsed, where it is JSON; of a stream, its events. */
  readonly body: unknown
}

/** Whom a played client talks to. */
export interface Target {
  readonly base: string
  readonly token?: string
  /** Ids of what is there. */
  readonly agent: string
  readonly team: string
  readonly workflow: string
  readonly db: string
}

/** Kinds that agent-ui runs. */
export type ChatKind = 'agent' | 'team'

/** Functions of the page. What happens between call and result is told by `report`. */
export interface PageCalls {
  ask(url: string, ask?: Ask): Promise<Seen>
  /** Reads an event stream by `fetch`; each event is reported when it has been read, and `heartbeat` for each of those. */
  stream(url: string, ask?: Ask): Promise<SeenStream>
  /** Ends the request of the last `stream`. */
  abort(): void
  /** Listens to named events by `EventSource` until the connection is lost for the first time. */
  listen(url: string, names: readonly string[]): Promise<void>
  /** Uploads a file of this many bytes by `XMLHttpRequest`; progress is reported. */
  upload(url: string, bytes: number, headers?: Readonly<Record<string, string>>): Promise<Seen>
  /** Opens a WebSocket; frames and the close code are reported. */
  connect(url: string): void
  say(message: Readonly<Record<string, unknown>>): void
  /** Plays agent-ui: looks around, runs, reads the session, deletes it. */
  agentUi(target: Target, kind: ChatKind, message: string): Promise<Step[]>
  /** Plays the control plane: all its tabs. */
  controlPlane(target: Target): Promise<Step[]>
}
