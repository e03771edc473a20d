/** Serves the MCP protocol by the official SDK: one server object for each request, in the revision of the request. */
import { randomUUID } from 'node:crypto'
import type {
  CallToolResult,
  InputRequiredResult,
  McpHttpHandler,
  McpRequestContext,
  ServerContext,
} from '@modelcontextprotocol/server'
import {
  CLIENT_CAPABILITIES_META_KEY,
  classifyInboundRequest,
  createMcpHandler,
  createRequestStateCodec,
  InMemoryServerEventBus,
  inputRequired,
  isSpecType,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  Server,
} from '@modelcontextprotocol/server'
import type { McpTool, ToolResult } from '../../../src/face/mcp/tool.ts'
import type { PausedIds } from '../../../src/face/pause.ts'
import { VERSION } from '../../../src/version.ts'
import { canShowForms } from './client-forms.ts'
import type { Message } from './message.ts'
import { validator } from './prepare.ts'
import type { InputRequired, RunOutcome, ToolClient } from './run-tool.ts'

/** The gateway's side of one request. */
export interface McpRequest {
  readonly name: string
  readonly description: string | undefined
  /** The list depends on the caller. */
  readonly isFiltered: boolean
  /** How long a client may use a list, in milliseconds. */
  readonly listTtlMs: number
  /** Silence on a stream before a comment, in milliseconds; 0 for none. */
  readonly heartbeatMs: number
  readonly state: StateSeal
  listTools(): Promise<readonly McpTool[]>
  /** @returns undefined for an unknown tool */
  callTool(client: ToolClient): Promise<RunOutcome | undefined>
  /** A client of an earlier revision shows forms: the question is sent on the stream of the call. */
  readonly showsForms: boolean
  /** The result of the client's answer to the question with this id; undefined when none comes. */
  answerOf(id: string): Promise<unknown>
}

/** The key and the bindings that sign the state of a form while the client holds it. */
export interface StateSeal {
  /** At least 32 bytes. */
  readonly key: Uint8Array
  /** Caller and component: the state is refused for any other. */
  readonly binding: string
}

const INSTRUCTIONS =
  'Agents, teams and workflows of several AgentOS. A result with status PAUSED waits for answers: fill in its requirements and call continue_run.'

/** The requests whose parameters the SDK reads, with its own schemas. */
const GUARDS: ReadonlyMap<unknown, (value: unknown) => boolean> = new Map<
  unknown,
  (value: unknown) => boolean
>([
  ['initialize', isSpecType.InitializeRequest],
  ['server/discover', isSpecType.DiscoverRequest],
  ['subscriptions/listen', isSpecType.SubscriptionsListenRequest],
  ['ping', isSpecType.PingRequest],
  ['tools/list', isSpecType.ListToolsRequest],
  ['tools/call', isSpecType.CallToolRequest],
  ['prompts/list', isSpecType.ListPromptsRequest],
  ['prompts/get', isSpecType.GetPromptRequest],
  ['resources/list', isSpecType.ListResourcesRequest],
  ['resources/templates/list', isSpecType.ListResourceTemplatesRequest],
  ['resources/read', isSpecType.ReadResourceRequest],
  ['logging/setLevel', isSpecType.SetLevelRequest],
])

/** Whether the parameters fit the method. The SDK would answer others as an internal error. */
export function hasValidParams(message: Message): boolean {
  const { method } = message
  // 2026-07-28 removed these methods: the SDK answers that they are not found.
  if (REMOVED.has(method) && claimsModern(message)) return true
  return GUARDS.get(method)?.(message) ?? true
}

const REMOVED = new Set<unknown>(['initialize', 'ping', 'logging/setLevel'])

/** An `initialize` whose metadata is incomplete counts as one of an earlier revision. */
export function claimsModern(message: Message): boolean {
  return classifyInboundRequest({ httpMethod: 'POST', body: message }).kind === 'modern'
}

export type McpSdk = ReturnType<typeof createSdk>

/** @param onError receives failures that the SDK answers by itself */
export function createSdk(onError: (error: Error) => void) {
  const requests = new WeakMap<Request, McpRequest>()
  const bus = new InMemoryServerEventBus(onError)
  const factory = (context: McpRequestContext) => {
    const request = context.requestInfo && requests.get(context.requestInfo)
    if (request === undefined) throw new TypeError('a request that the gateway has not described')
    return serverFor(request, context.era)
  }
  /** Handlers by the interval of heartbeats: a reload may change it. */
  const handlers = new Map<number, Handlers>()
  const handlersFor = (keepAliveMs: number) => {
    const known = handlers.get(keepAliveMs)
    if (known) return known
    const common = { bus, onerror: onError, keepAliveMs }
    const made: Handlers = {
      answers: createMcpHandler(factory, { ...common, responseMode: 'auto' }),
      runs: createMcpHandler(factory, { ...common, responseMode: 'sse' }),
    }
    handlers.set(keepAliveMs, made)
    return made
  }

  return {
    /** @param isRun the answer may take long */
    fetch(web: Request, request: McpRequest, body: unknown, isRun: boolean): Promise<Response> {
      requests.set(web, request)
      const { answers, runs } = handlersFor(request.heartbeatMs)
      return (isRun ? runs : answers).fetch(web, { parsedBody: body })
    },
    /** Notifies every open `subscriptions/listen` that the tools have changed. */
    toolsChanged: () => bus.publish({ kind: 'tools_list_changed' }),
    close: () =>
      Promise.all(
        [...handlers.values()].flatMap(({ answers, runs }) => [answers, runs]).map(closed),
      ),
  }
}

const closed = (handler: McpHttpHandler) => handler.close()

interface Handlers {
  /** Answers in one piece, or as a stream from the first notification on. */
  readonly answers: McpHttpHandler
  /** Streams from the start, so that a proxy sees the answer begin and live. */
  readonly runs: McpHttpHandler
}

function serverFor(request: McpRequest, era: McpRequestContext['era']): Server {
  const { name, description, isFiltered, listTtlMs } = request
  const states = stateCodec(request.state)
  // Before 2026-07-28 a change would need a stream that outlives its request.
  const tools = era === 'modern' ? { listChanged: true } : {}
  const server = new Server(
    { name, version: VERSION, ...(description !== undefined && { description }) },
    {
      // As AgentOS's own server declares them: some clients fail where these lists are missing.
      capabilities: { tools, prompts: {}, resources: {}, ...(era === 'legacy' && { logging: {} }) },
      instructions: INSTRUCTIONS,
      jsonSchemaValidator: validator,
      cacheHints: {
        'tools/list': { ttlMs: listTtlMs, cacheScope: isFiltered ? 'private' : 'public' },
        'prompts/list': EMPTY_HINT,
        'resources/list': EMPTY_HINT,
        'resources/templates/list': EMPTY_HINT,
      },
      // The answer to a question of the server comes by another request, which has no state here.
      inputRequired: { legacyShim: false },
      requestState: { verify: states.verify },
    },
  )
  server.setRequestHandler('tools/list', async ({ params }) => {
    assertFirstPage(params)
    return { tools: (await request.listTools()) as never }
  })
  server.setRequestHandler('tools/call', async ({ params }, context) => {
    const asks = era === 'legacy' && request.showsForms
    const client = { ...clientOf(context), ...(asks && { canElicit: true }) }
    let outcome = await request.callTool(client)
    // Before 2026-07-28 the questions are asked within the call.
    for (let round = 0; round < MAX_ROUNDS && asks; round++) {
      if (outcome === undefined || !('forms' in outcome)) break
      const { forms, state } = outcome
      const responses = await asked(server, context, request, forms)
      const canElicit = round + 1 < MAX_ROUNDS
      outcome = await request.callTool({ ...client, canElicit, resumed: { state, responses } })
    }
    if (outcome === undefined) {
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: ${params.name}`)
    }
    if (!('forms' in outcome)) return answer(outcome)
    return questions(outcome, await states.mint(outcome.state, context))
  })
  addEmptyLists(server)
  return server
}

/** Lists that are always empty, in milliseconds. */
const EMPTY_HINT = { ttlMs: 3_600_000, cacheScope: 'public' } as const

/** Each list is one page, so no cursor is one of this server. */
function assertFirstPage(params: { readonly cursor?: string | undefined } | undefined): void {
  if (params?.cursor === undefined) return
  throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'Unknown cursor')
}

function addEmptyLists(server: Server): void {
  server.setRequestHandler('prompts/list', ({ params }) => {
    assertFirstPage(params)
    return { prompts: [] }
  })
  server.setRequestHandler('resources/list', ({ params }) => {
    assertFirstPage(params)
    return { resources: [] }
  })
  server.setRequestHandler('resources/templates/list', ({ params }) => {
    assertFirstPage(params)
    return { resourceTemplates: [] }
  })
  server.setRequestHandler('prompts/get', ({ params }) => {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown prompt: ${params.name}`)
  })
  server.setRequestHandler('resources/read', ({ params }) => {
    throw new ResourceNotFoundError(params.uri)
  })
}

/** Pauses of one run that are asked about within one call. */
const MAX_ROUNDS = 8

/** Sends each form on the stream of the call, and waits for the answers. The ids are unique over all calls. */
async function asked(
  server: Server,
  { mcpReq }: ServerContext,
  request: McpRequest,
  forms: InputRequired['forms'],
): Promise<Record<string, unknown>> {
  const responses = [...forms].map(async ([callId, form]) => {
    const id = randomUUID()
    const answered = request.answerOf(id)
    const question = {
      jsonrpc: '2.0',
      id,
      method: 'elicitation/create',
      params: { ...form },
    } as const
    await server.transport?.send(question, { relatedRequestId: mcpReq.id })
    return [callId, await answered]
  })
  return Object.fromEntries(await Promise.all(responses)) as Record<string, unknown>
}

function answer(result: ToolResult): CallToolResult {
  return result as CallToolResult
}

/** How long a user may take for a form, in seconds. The run itself waits for ever. */
const STATE_TTL_S = 86_400

function stateCodec({ key, binding }: StateSeal) {
  return createRequestStateCodec<PausedIds>({ key, ttlSeconds: STATE_TTL_S, bind: () => binding })
}

function questions({ forms }: InputRequired, requestState: string): InputRequiredResult {
  const asked = [...forms].map(([id, { message, requestedSchema }]) => [
    id,
    inputRequired.elicit({ message, requestedSchema: requestedSchema as never }),
  ])
  return inputRequired({ inputRequests: Object.fromEntries(asked), requestState })
}

function clientOf({ mcpReq }: ServerContext): ToolClient {
  const { progressToken } = mcpReq._meta ?? {}
  // The SDK has verified it.
  const state = mcpReq.requestState<PausedIds>()
  return {
    report:
      progressToken === undefined
        ? undefined
        : ({ progress, message }) =>
            mcpReq.notify({
              method: 'notifications/progress',
              params: { progressToken, progress, message },
            }),
    canElicit: canShowForms(mcpReq.envelope, CLIENT_CAPABILITIES_META_KEY),
    resumed: state && { state, responses: mcpReq.inputResponses ?? {} },
  }
}
