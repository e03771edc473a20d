/** Functions that a test can call in a page, and the values the page returns or reports. */

/** A request that a page makes. */
export interface Ask {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Fields of a multipart form, as agent-ui sends them, instead of `body`. */
  readonly form?: Readonly<Record<string, string>>
  /** Default: `same-origin`, as for `fetch`. */
  readonly credentials?: 'include' | 'omit' | 'same-origin'
}

/** The part of a response that script can read. Status 0 means that the browser blocked it. */
export interface Seen {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** A stream after its end. */
export interface SeenStream extends Seen {
  /** Name of the error that ended the stream early. */
  readonly failed?: string
}

/** An event as agent-ui reads it: the JSON object in its data. */
export type SeenEvent = Readonly<Record<string, unknown>> & { readonly event: string }

/** One call of a scripted client, with its result. */
export interface Step {
  readonly call: string
  readonly status: number
  /** Parsed JSON, or the events of a stream. */
  readonly body: unknown
}

/** The server that a scripted client calls. */
export interface Target {
  readonly base: string
  readonly token?: string
  /** Ids of components on the server. */
  readonly agent: string
  readonly team: string
  readonly workflow: string
  readonly db: string
}

/** Component kinds that agent-ui runs. */
export type ChatKind = 'agent' | 'team'

/** Functions of the page. Intermediate results arrive through `report`. */
export interface PageCalls {
  ask(url: string, ask?: Ask): Promise<Seen>
  /** Reads an event stream by `fetch`; reports each event, and `heartbeat` for each heartbeat. */
  stream(url: string, ask?: Ask): Promise<SeenStream>
  /** Aborts the request of the last `stream`. */
  abort(): void
  /** Listens to named events by `EventSource` until the connection first fails. */
  listen(url: string, names: readonly string[]): Promise<void>
  /** Uploads a file of this many bytes by `XMLHttpRequest` and reports its progress. */
  upload(url: string, bytes: number, headers?: Readonly<Record<string, string>>): Promise<Seen>
  /** Opens a WebSocket and reports its frames and close code. */
  connect(url: string): void
  say(message: Readonly<Record<string, unknown>>): void
  /** Plays agent-ui: reads the lists, runs, reads the session and deletes it. */
  agentUi(target: Target, kind: ChatKind, message: string): Promise<Step[]>
  /** Plays all tabs of the control plane. */
  controlPlane(target: Target): Promise<Step[]>
}
