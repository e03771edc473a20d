/** `agentos-gateway run COMPONENT MESSAGE`: runs a component from the terminal and prints its text while it arrives. */
import { createInterface } from 'node:readline/promises'
import { AgentOSError } from '../src/client/agentos-error.ts'
import { RemoteAgent } from '../src/client/remote-agent.ts'
import { RemoteTeam } from '../src/client/remote-team.ts'
import { RemoteWorkflow } from '../src/client/remote-workflow.ts'
import type { EventBase } from '../src/client/run-events.ts'
import type { RunRequirement, StepRequirement } from '../src/client/run-types.ts'
import { GatewayError } from '../src/errors.ts'
import { namedComponent } from '../src/face/component-filter.ts'
import { answeredRequirements } from '../src/face/continuation.ts'
import type { FaceEvent } from '../src/face/face-events.ts'
import type { Pause } from '../src/face/pause.ts'
import type { Answer, PendingCall } from '../src/face/pending-call.ts'
import { answerTo } from '../src/face/pending-call.ts'
import { RunReader } from '../src/face/run-reader.ts'
import type { GivenOptions } from './option-table.ts'
import { tokenIn, UsageError } from './option-table.ts'

const DEFAULT_URL = 'http://127.0.0.1:8080'

type Remote = RemoteAgent | RemoteTeam | RemoteWorkflow

/**
 * Prints text to standard output, and tool calls, steps and questions to standard error. A paused run asks its questions
 * in the terminal.
 *
 * @returns exit code: 0, or 1 when the run fails, is cancelled, or pauses without a terminal
 * @throws {UsageError} without a component and a message
 */
export async function run(operands: readonly string[], options: GivenOptions): Promise<number> {
  const [name, ...words] = operands
  if (name === undefined || words.length === 0) {
    throw new UsageError('run needs a component and a message')
  }
  const { url = DEFAULT_URL, session: sessionId = crypto.randomUUID() } = options
  const token = tokenIn(options)
  const remote = await remoteFor(name, url, token)
  if (remote === undefined)
    return complain(
      `${url} serves no component '${name}'. GET /agents, /teams and /workflows list them`,
    )
  const call = { authToken: token, sessionId }
  try {
    let events = started(remote, words.join(' '), call)
    for (;;) {
      const end = await printed(events, remote)
      if (end?.type !== 'paused') return codeOf(end)
      const answers = await asked(end.pause)
      if (answers === undefined) return 1
      events = continued(remote, end.pause, answers, call)
    }
  } catch (error) {
    if (error instanceof AgentOSError || error instanceof GatewayError)
      return complain(error.message)
    throw error
  } finally {
    await remote.close()
  }
}

interface Call {
  readonly authToken: string | undefined
  readonly sessionId: string
}

function started(remote: Remote, message: string, call: Call): AsyncIterable<EventBase> {
  const options = { ...call, stream: true, streamEvents: true } as const
  if (remote instanceof RemoteWorkflow) return remote.run(message, options)
  return remote instanceof RemoteTeam ? remote.run(message, options) : remote.run(message, options)
}

/** Searches a bare id among agents, teams and workflows, in this order. */
async function remoteFor(
  name: string,
  baseUrl: string,
  configToken: string | undefined,
): Promise<Remote | undefined> {
  const { kind, id } = namedComponent(name)
  const shared = configToken === undefined ? { baseUrl } : { baseUrl, configToken }
  const makers = {
    agents: () => new RemoteAgent({ ...shared, agentId: id }),
    teams: () => new RemoteTeam({ ...shared, teamId: id }),
    workflows: () => new RemoteWorkflow({ ...shared, workflowId: id }),
  }
  if (kind) return makers[kind]()
  for (const make of Object.values(makers)) {
    const remote = make()
    const isThere = await remote.loadConfig().then(
      () => true,
      (error: unknown) => !(error instanceof AgentOSError && error.status === 404),
    )
    if (isThere) return remote
    await remote.close()
  }
  return undefined
}

async function printed(
  events: AsyncIterable<EventBase>,
  { kind }: Remote,
): Promise<FaceEvent | undefined> {
  const reader = new RunReader(kind)
  let last: FaceEvent | undefined
  for await (const event of events) {
    for (const read of reader.read(event)) {
      last = read
      print(read)
    }
  }
  return reader.isOver ? last : undefined
}

function print(event: FaceEvent): void {
  if (event.type === 'text' && !event.member) process.stdout.write(event.text)
  else if (event.type === 'completed') process.stdout.write(`${event.rest}\n`)
  else if (event.type === 'tool' && event.phase === 'started') {
    note(`${event.tool.tool_name}(${JSON.stringify(event.tool.tool_args ?? {})})`)
  } else if (event.type === 'step' && event.phase === 'started') note(`step ${event.name}`)
  else if (event.type === 'failed') note(event.message)
  else if (event.type === 'cancelled') note(event.reason)
}

function codeOf(end: FaceEvent | undefined): number {
  if (end === undefined) return complain('the run ended without a result')
  return end.type === 'completed' ? 0 : 1
}

function continued(
  remote: Remote,
  pause: Pause,
  answers: ReadonlyMap<string, Answer>,
  call: Call,
): AsyncIterable<EventBase> {
  const filled = answeredRequirements(pause, answers)
  const options = { ...call, extraFields: { stream_events: true }, stream: true as const }
  if (remote instanceof RemoteWorkflow) {
    return remote.continueRun(pause.runId, filled as StepRequirement[], options)
  }
  return remote.continueRun(pause.runId, filled as RunRequirement[], options)
}

/** @returns undefined without a terminal */
async function asked({ calls, runId, sessionId }: Pause): Promise<Map<string, Answer> | undefined> {
  if (!process.stdin.isTTY) {
    for (const { message } of calls) note(`waits: ${message}`)
    note(
      `run ${runId} of session ${sessionId} is paused; repeat the command in a terminal to answer`,
    )
    return undefined
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answers = new Map<string, Answer>()
    for (const call of calls) answers.set(call.id, await answerFrom(terminal, call))
    return answers
  } finally {
    terminal.close()
  }
}

async function answerFrom(
  terminal: { question(text: string): Promise<string> },
  call: PendingCall,
): Promise<Answer> {
  const { kind, message, name, args, fields, questions } = call
  const shown = `${message} ${name}(${JSON.stringify(args)})`
  if (kind === 'confirmation') {
    const said = await terminal.question(`${shown} [y/N] `)
    return answerTo(call, { accepted: /^y(?:es)?$/i.test(said.trim()) })
  }
  if (kind === 'external_execution')
    return answerTo(call, await terminal.question(`${shown} result: `))
  if (kind === 'user_input') {
    const values: Record<string, unknown> = {}
    for (const field of fields.filter(({ value }) => value === undefined)) {
      const said = await terminal.question(`${field.name} (${field.description ?? field.type}): `)
      values[field.name] = field.type === 'str' ? said : parsed(said)
    }
    return answerTo(call, { values })
  }
  const selections: Record<string, string[]> = {}
  for (const { question, options } of questions) {
    const labels = options.map(({ label }) => label).join(' / ')
    selections[question] = [(await terminal.question(`${question} [${labels}] `)).trim()]
  }
  return answerTo(call, { selections })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function note(text: string): void {
  process.stderr.write(`${text}\n`)
}

function complain(problem: string): number {
  note(`agentos-gateway: ${problem}`)
  return 1
}
