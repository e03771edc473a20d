/** Implements a leader over any server with OpenAI's chat completions API. Loads its library at the first request. */
import { setTimeout } from 'node:timers/promises'
import type { ModelMessage, TextStreamPart, ToolSet } from 'ai'
import { proxiedFetch } from '../upstream/proxied-fetch.ts'
import type { Leader, LeaderMessage, LeaderRequest, LeaderTurn, LeaderUsage } from './leader.ts'

/** Parameters of {@link OpenAiLeader}. */
export interface OpenAiLeaderOptions {
  /** Base URL such as `https://api.openai.com/v1`. */
  readonly baseUrl: string
  readonly model: string
  readonly apiKey?: string | undefined
  /** Name of the provider in events. Default `OpenAI`. */
  readonly provider?: string | undefined
  /** Longest request in milliseconds. Default 60 s. */
  readonly timeoutMs?: number | undefined
  /** Number of retries when the server refuses a request temporarily. Default 1. */
  readonly retries?: number | undefined
}

type StreamPart = TextStreamPart<ToolSet>

/** Answers of a server that may take the request a little later. */
const BUSY = new Set([408, 429, 500, 502, 503, 504])
const FIRST_PAUSE_MS = 250
/** Longest `retry-after` that is waited for; a longer one fails the request at once. */
const MAX_RETRY_AFTER_S = 20
/** Longest answer of the model, in characters: text, and arguments of calls. */
const MAX_ANSWER_LENGTH = 1_000_000

const NO_TOKENS: LeaderUsage = {
  input_tokens: 0,
  output_tokens: 0,
  total_tokens: 0,
  reasoning_tokens: 0,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
}

/** A model behind `/chat/completions`. */
export class OpenAiLeader implements Leader {
  readonly id: string
  readonly provider: string
  readonly #options: OpenAiLeaderOptions
  readonly #timeoutMs: number

  constructor(options: OpenAiLeaderOptions) {
    this.id = options.model
    this.provider = options.provider ?? 'OpenAI'
    this.#options = options
    this.#timeoutMs = options.timeoutMs ?? 60_000
  }

  async turn(request: LeaderRequest): Promise<LeaderTurn> {
    const { system, messages, tools, signal } = request
    const { streamText, tool, jsonSchema } = await import('ai')
    const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible')
    const { baseUrl, apiKey } = this.#options
    const provider = createOpenAICompatible({
      name: this.provider,
      baseURL: baseUrl,
      includeUsage: true,
      // The library passes only URLs as first argument.
      fetch: async (url, init) => {
        const response = await this.#fetch(url as string | URL, init)
        hasAnswered = true
        return response
      },
      ...(apiKey !== undefined && { apiKey }),
    })
    const toolSet: ToolSet = {}
    for (const { name, description, parameters } of tools) {
      // The tools have no `execute`: the team runs members, not the library.
      toolSet[name] = tool({ description, inputSchema: jsonSchema(parameters) })
    }
    const began = performance.now()
    const timeout = AbortSignal.timeout(this.#timeoutMs)
    let hasAnswered = false
    const { stream } = streamText({
      model: provider(this.id),
      instructions: system,
      messages: messages.map(toModelMessage),
      ...(tools.length > 0 && { tools: toolSet }),
      // Its pauses begin at two seconds: a model that is down would take that long to fail.
      maxRetries: 0,
      abortSignal: AbortSignal.any([signal, timeout]),
      // The stream contains the errors; the library's default handler would print them.
      onError: () => undefined,
    })
    const reading = new TurnReading(request.onText, began)
    try {
      for await (const part of stream) {
        if (part.type === 'error') throw part.error
        if (part.type === 'abort') throw timeout.reason
        await reading.take(part)
      }
    } catch (error) {
      if (error === reading.failure || signal.aborted) throw signal.aborted ? signal.reason : error
      throw this.#failure(error, hasAnswered)
    }
    return reading.turn()
  }

  /** Retries while the model is unreachable or busy: no part of an answer has arrived by then. */
  async #fetch(url: string | URL, init: RequestInit | undefined): Promise<Response> {
    const { retries = 1 } = this.#options
    const signal = init?.signal ?? undefined
    for (let attempt = 0; ; attempt++) {
      let pauseMs = FIRST_PAUSE_MS * 2 ** attempt
      try {
        const response = await proxiedFetch(url, init)
        if (attempt >= retries || !BUSY.has(response.status)) return response
        const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
        if (seconds > MAX_RETRY_AFTER_S) return response
        await response.body?.cancel()
        if (seconds >= 0) pauseMs = seconds * 1000
      } catch (error) {
        if (attempt >= retries || signal?.aborted) throw error
      }
      await setTimeout(pauseMs, undefined, { signal })
    }
  }

  /** Builds the error. The library's message may contain the model's address, so it is not used. */
  #failure(cause: unknown, hasAnswered: boolean): Error {
    const { statusCode, name } = Object(cause) as { statusCode?: unknown; name?: unknown }
    // The library gives an unreadable answer the status of its response.
    const isRefused = typeof statusCode === 'number' && statusCode >= 400
    const words = isRefused
      ? `answered ${statusCode}`
      : name === 'TimeoutError'
        ? `did not answer within ${this.#timeoutMs / 1000} s`
        : hasAnswered
          ? 'sent an invalid or incomplete answer'
          : 'is unreachable'
    return new Error(`The model ${this.id} ${words}`, { cause })
  }
}

/** Collects one answer from the parts of its stream. */
class TurnReading {
  readonly #onText: LeaderRequest['onText']
  readonly #beganMs: number
  readonly #calls: { id: string; name: string; args: unknown }[] = []
  #text = ''
  #length = 0
  #timeToFirstToken: number | undefined
  #usage = NO_TOKENS
  /** The error of the receiver of the text. */
  failure: unknown

  constructor(onText: LeaderRequest['onText'], beganMs: number) {
    this.#onText = onText
    this.#beganMs = beganMs
  }

  /** @throws the receiver's error, and an Error for an answer that is too long */
  async take(part: StreamPart): Promise<void> {
    if (part.type === 'text-delta' && part.text !== '') {
      this.#count(part.text.length)
      this.#timeToFirstToken ??= (performance.now() - this.#beganMs) / 1000
      this.#text += part.text
      await this.#onText(part.text).catch((error: unknown) => {
        this.failure = error
        throw error
      })
    } else if (part.type === 'tool-input-delta') this.#count(part.delta.length)
    else if (part.type === 'tool-call') {
      this.#calls.push({ id: part.toolCallId, name: part.toolName, args: part.input })
    } else if (part.type === 'finish') this.#usage = usageOf(part.totalUsage)
  }

  turn(): LeaderTurn {
    return {
      text: this.#text,
      calls: this.#calls,
      usage: this.#usage,
      timeToFirstToken: this.#timeToFirstToken,
    }
  }

  #count(length: number): void {
    this.#length += length
    if (this.#length <= MAX_ANSWER_LENGTH) return
    this.failure = new Error(`The model's answer has more than ${MAX_ANSWER_LENGTH} characters`)
    throw this.failure
  }
}

function toModelMessage(message: LeaderMessage): ModelMessage {
  if (message.role === 'user') return message
  if (message.role === 'tool') {
    const { callId: toolCallId, name: toolName, result } = message
    const output = { type: 'text' as const, value: result }
    return { role: 'tool', content: [{ type: 'tool-result', toolCallId, toolName, output }] }
  }
  const calls = message.calls.map(({ id, name, args }) => {
    return { type: 'tool-call' as const, toolCallId: id, toolName: name, input: args }
  })
  const text = message.content === '' ? [] : [{ type: 'text' as const, text: message.content }]
  return { role: 'assistant', content: [...text, ...calls] }
}

interface LibraryUsage {
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
  readonly totalTokens: number | undefined
  readonly inputTokenDetails: {
    readonly cacheReadTokens: number | undefined
    readonly cacheWriteTokens: number | undefined
  }
  readonly outputTokenDetails: { readonly reasoningTokens: number | undefined }
}

function usageOf(usage: LibraryUsage): LeaderUsage {
  return {
    input_tokens: usage.inputTokens ?? 0,
    output_tokens: usage.outputTokens ?? 0,
    total_tokens: usage.totalTokens ?? 0,
    reasoning_tokens: usage.outputTokenDetails.reasoningTokens ?? 0,
    cache_read_tokens: usage.inputTokenDetails.cacheReadTokens ?? 0,
    cache_write_tokens: usage.inputTokenDetails.cacheWriteTokens ?? 0,
  }
}
