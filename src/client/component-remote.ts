/**
 * Implements the shared part of RemoteAgent, RemoteTeam and RemoteWorkflow: runs, their streams, and the last fetched
 * config.
 */
import { ownIdentity } from '../auth/caller.ts'
import { GatewayError, RefusedAnswer } from '../errors.ts'
import { percentEncoded } from '../parameters/path.ts'
import type { ComponentCard } from '../remote/base-remote.ts'
import { BaseRemote } from '../remote/base-remote.ts'
import type { FetchOptions } from '../upstream/upstream.ts'
import type { CallOptions } from './agentos-api.ts'
import { AgentOSApi, requestHeaders } from './agentos-api.ts'
import { AgentOSError } from './agentos-error.ts'
import type { OsConfig } from './card.ts'
import { EventStream } from './event-stream.ts'
import { RemoteDb } from './remote-db.ts'
import { RequestForm } from './request-form.ts'
import type { EventBase } from './run-events.ts'
import { runEvent } from './run-events.ts'
import { runForm } from './run-form.ts'
import type {
  CommonRunOptions,
  ResumeOptions,
  RunInput,
  StreamedAnswer,
  WholeAnswer,
} from './run-types.ts'

const OS_CONFIG_PATH = '/config'

/**
 * Events of a streamed run. The first iteration sends the request; leaving the loop early closes the connection to the
 * upstream.
 */
export type RunStream<Event> = AsyncGenerator<Event, void, undefined>

/** An agent, team or workflow that can be run. */
export abstract class ComponentRemote<
  Card extends ComponentCard,
  Output,
  Event extends EventBase,
  Options extends CommonRunOptions,
> extends BaseRemote<Card> {
  /**
   * Runs the component, as Agno's `arun`.
   *
   * @returns with `stream: true` the events as they arrive, else a promise of the whole output. The iteration or the promise
   *   fails with:
   * @throws {AgentOSError} when the upstream answers with an error
   * @throws {GatewayError} `AGW_UPSTREAM_*`, `AGW_CONNECT_TIMEOUT`, `AGW_NO_REPLICA` without a response; `AGW_RELAY_*` when
   *   the response breaks off; `AGW_CLIENT_CLOSED` when the signal is aborted
   */
  run(input: RunInput, options: Options & StreamedAnswer): RunStream<Event>
  run(input: RunInput, options?: Options & WholeAnswer): Promise<Output>
  run(
    input: RunInput,
    options?: Options & (StreamedAnswer | WholeAnswer),
  ): RunStream<Event> | Promise<Output> {
    const isStream = options?.stream === true
    const areFilesUploaded = this.kind !== 'workflows'
    return this.answer(
      '/runs',
      () => runForm({ input, isStream, options: options ?? {}, areFilesUploaded }),
      isStream,
      options,
    )
  }

  /**
   * Cancels a run, as Agno's `acancel_run`. AgentOS also accepts unknown ids.
   *
   * @returns true when the upstream accepts, false when it refuses or cannot be reached; never rejects
   */
  async cancelRun(
    runId: string,
    options: CallOptions & { readonly sessionId?: string | undefined } = {},
  ): Promise<boolean> {
    try {
      const query = { session_id: options.sessionId }
      await this.api.call('POST', `${this.runPath(runId)}/cancel`, query, options)
      return true
    } catch {
      return false
    }
  }

  /**
   * Returns a stored run, for example the result of a background run. Agno's adapters lack this.
   *
   * @throws as {@link run}
   */
  getRun(runId: string, options: CallOptions & { readonly sessionId: string }): Promise<Output> {
    const query = { session_id: options.sessionId }
    return this.api.call('GET', this.runPath(runId), query, options)
  }

  /**
   * Returns the events of a background run after a position: first the missed events, then live ones. Agno's adapters lack
   * this.
   *
   * @throws as {@link run}
   */
  resumeRun(runId: string, options: ResumeOptions = {}): RunStream<Event> {
    const form = new RequestForm()
      .set('last_event_index', options.lastEventIndex)
      .set('session_id', options.sessionId)
    return this.#stream(`${subPath(runId)}/resume`, () => form, options)
  }

  /** Description in the last fetched config; empty before that, as in Agno. */
  get description(): string {
    return this.lastCard?.description ?? ''
  }

  /** AgentOS's `/config` that the remote's own identity fetched last; undefined before the first fetch. */
  protected get lastOsConfig(): OsConfig | undefined {
    const identity = ownIdentity(this.upstream)
    return this.cache.peek(this.upstream, OS_CONFIG_PATH, identity)?.json as OsConfig | undefined
  }

  /**
   * Fetches the config and caches it. Also fetches the AgentOS's `/config`, which names the database tables, unless a fresh
   * one is cached. A failure of the latter is ignored.
   *
   * @throws {AgentOSError} when the upstream refuses
   * @throws {GatewayError} when the upstream cannot be reached
   */
  refreshConfig(): Promise<Card> {
    return this.#config(true)
  }

  /**
   * Returns the cached config, revalidates a stale one (older than `configTtl`) in the background, and fetches it when none
   * is cached.
   *
   * @throws as {@link refreshConfig}
   */
  loadConfig(): Promise<Card> {
    return this.#config(false)
  }

  async #config(isFreshWanted: boolean): Promise<Card> {
    const identity = ownIdentity(this.upstream)
    const osConfig = this.cache.get(this.upstream, OS_CONFIG_PATH, identity, {
      ttlMs: this.configTtlMs,
      silenceMs: this.timeoutMs,
    })
    const [card] = await Promise.allSettled([this.card(identity, { isFreshWanted }), osConfig])
    if (card.status === 'fulfilled') return card.value.json as Card
    const failure: unknown = card.reason
    if (!(failure instanceof RefusedAnswer)) throw failure
    throw AgentOSError.fromAnswer(failure.status, failure.body)
  }

  /** Closes the connections to the upstream. Only for remotes that were created with a `baseUrl`. */
  close(): Promise<void> {
    return this.upstream.close()
  }

  /** Database of the component with the table names in the last fetched configs; undefined for a component without one. */
  get db(): RemoteDb | undefined {
    const id = this.lastCard?.db_id
    if (id === undefined || id === null) return undefined
    return RemoteDb.fromConfig(id, this.api, this.lastOsConfig)
  }

  /** Fetches the config without the cache. @throws as {@link run} */
  protected freshConfig(options: CallOptions | undefined): Promise<Card> {
    const authToken = options?.authToken ?? this.upstream.config.configToken
    return this.api.call('GET', this.path, {}, { ...options, authToken })
  }

  protected get api(): AgentOSApi {
    const fetch = (path: string, options: FetchOptions) =>
      this.fetch(path.slice(this.path.length), options)
    return new AgentOSApi(this.upstream, this.timeoutMs, this.isTranslated ? fetch : undefined)
  }

  protected runPath(runId: string): string {
    return this.path + subPath(runId)
  }

  /** Posts a form below the component's path, and returns a stream or the whole output. */
  protected answer(
    path: string,
    makeForm: () => RequestForm | Promise<RequestForm>,
    isStream: boolean,
    options: CallOptions | undefined,
  ): RunStream<Event> | Promise<Output> {
    if (isStream) return this.#stream(path, makeForm, options)
    return this.#whole(path, makeForm, options)
  }

  async #whole(
    path: string,
    makeForm: () => RequestForm | Promise<RequestForm>,
    options: CallOptions | undefined,
  ): Promise<Output> {
    const form = await makeForm()
    return this.api.call('POST', this.path + path, {}, options, { form })
  }

  async *#stream(
    path: string,
    makeForm: () => RequestForm | Promise<RequestForm>,
    options: CallOptions = {},
  ): RunStream<Event> {
    const { contentType, body } = await (await makeForm()).encode()
    const { signal } = options
    signal?.throwIfAborted()
    const { streamIdleTimeoutMs } = this.upstream.config.timeouts
    const events = new EventStream(this.upstream.name, streamIdleTimeoutMs)
    const headers = requestHeaders(this.upstream, options, 'text/event-stream')
    headers.push('content-type', contentType)
    const exchange = this.send({ method: 'POST', path, headers, body }, events)
    const onAbort = () => {
      exchange.abort()
      events.cut(new GatewayError('AGW_CLIENT_CLOSED', { cause: signal?.reason }))
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      for await (const event of events) yield runEvent<Event>(event)
    } finally {
      signal?.removeEventListener('abort', onAbort)
      exchange.abort()
    }
  }
}

/** Path of a run, below the component. */
export function subPath(runId: string): string {
  return `/runs/${percentEncoded(runId)}`
}
