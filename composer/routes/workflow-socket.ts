/**
 * Serves `/workflows/ws`: starts, continues and follows composed workflows over a WebSocket.
 *
 * @see AgentOS `os/routers/workflows/router.py`
 */
import type { WebSocket } from '@fastify/websocket'
import websocket from '@fastify/websocket'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { onlyUser } from '../access.ts'
import type { Caller } from '../caller.ts'
import { callerOf } from '../caller.ts'
import type { ComposerContext } from '../context.ts'
import { eventText } from '../event-stream.ts'
import { RunForm } from '../form.ts'
import { HttpError } from '../http-error.ts'
import { answersIn, startRequest } from '../run-form.ts'
import type { LiveRun } from '../runs.ts'
import { resumeEvents } from './resume.ts'

/** Longest message of a client. */
const MAX_MESSAGE_BYTES = 10 * 1024 * 1024

/** Registers the route. */
export function workflowSocket(app: FastifyInstance, context: ComposerContext): void {
  app.register(websocket, { options: { maxPayload: MAX_MESSAGE_BYTES } }).after(() => {
    app.get('/workflows/ws', { websocket: true }, (socket, request) => {
      new WorkflowSocket(socket, request, context).open()
    })
  })
}

/** One client. Its runs continue in the background when it disconnects. */
class WorkflowSocket {
  readonly #socket: WebSocket
  readonly #context: ComposerContext
  readonly #headers: FastifyRequest['headers']
  readonly #gone = new AbortController()
  #caller: Caller
  /** Messages are handled one after the other, as in AgentOS. */
  #handling: Promise<void> = Promise.resolve()

  constructor(socket: WebSocket, { headers }: FastifyRequest, context: ComposerContext) {
    this.#socket = socket
    this.#context = context
    this.#headers = headers
    this.#caller = callerOf({ headers })
  }

  open(): void {
    this.#socket.on('close', () => this.#gone.abort())
    this.#socket.on('error', () => this.#socket.terminate())
    this.#socket.on('message', (data) => {
      this.#handling = this.#handling.then(() => this.#handle(String(data)))
    })
    void this.#send({ event: 'connected', message: 'Connected to AgentOS.', requires_auth: false })
  }

  async #handle(text: string): Promise<void> {
    try {
      const message: unknown = JSON.parse(text)
      await this.#act(new RunForm(new Map(Object.entries(Object(message)))))
    } catch (error) {
      const { detail } = error as { detail?: unknown }
      const words = error instanceof HttpError ? detail : 'Invalid message'
      await this.#send({
        event: 'error',
        error: typeof words === 'string' ? words : JSON.stringify(words),
      })
    }
  }

  /** @throws {HttpError} when the message cannot be carried out */
  async #act(form: RunForm): Promise<void> {
    const action = form.text('action')
    if (action === 'ping') await this.#send({ event: 'pong' })
    else if (action === 'authenticate') {
      const authorization = `Bearer ${form.text('token') ?? ''}`
      this.#caller = callerOf({ headers: { ...this.#headers, authorization } })
      await this.#send({ event: 'authenticated', message: 'Authentication successful.' })
    } else if (action === 'start-workflow') void this.#follow(await this.#start(form))
    else if (action === 'continue-workflow') void this.#follow(await this.#continue(form))
    else if (action === 'reconnect') void this.#reconnect(form)
    else await this.#send({ event: 'error', error: `Unknown action: ${action}` })
  }

  async #start(form: RunForm): Promise<LiveRun> {
    const component = this.#context.component('workflows', requiredIn(form, 'workflow_id'))
    const request = startRequest(this.#context, form, component, this.#caller)
    return await this.#context.start({ ...request, isStream: true, isBackground: true })
  }

  async #continue(form: RunForm): Promise<LiveRun> {
    const component = this.#context.component('workflows', requiredIn(form, 'workflow_id'))
    const runId = requiredIn(form, 'run_id')
    const run = await this.#context.ownRun(runId, component, this.#caller)
    const answers = answersIn(form, 'workflows')
    const continuation = { answers, caller: this.#caller, isStream: true }
    return await this.#context.continue({ ...run, isBackground: true }, component, continuation)
  }

  /** Events of a run that is started or continued here, in the frames of an event stream. */
  async #follow(live: LiveRun): Promise<void> {
    for await (const event of live.follow(live.first, this.#gone.signal)) {
      await this.#sendText(eventText(event))
    }
  }

  /** Missed and live events of an earlier run, as plain JSON. */
  async #reconnect(form: RunForm): Promise<void> {
    const { runs, store, admin } = this.#context
    const runId = form.text('run_id')
    if (runId === undefined) {
      return await this.#send({ event: 'error', error: 'run_id is required for subscription' })
    }
    const last = form.integer('last_event_index') ?? -1
    const user = onlyUser(this.#caller, admin)
    const signal = this.#gone.signal
    const componentId = form.text('workflow_id')
    const of = { kind: 'workflows', componentId, runId, user } as const
    for await (const event of resumeEvents({ runs, store, ...of, last, signal })) {
      await this.#send(event)
    }
  }

  #send(message: object): Promise<void> {
    return this.#sendText(JSON.stringify(message))
  }

  /** Resolves once the frame is written, so that a slow client slows its reader. */
  #sendText(text: string): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.send(text, () => resolve())
    })
  }
}

function requiredIn(form: RunForm, name: string): string {
  const value = form.text(name)
  if (value !== undefined) return value
  throw new HttpError(422, `${name} is required`)
}
