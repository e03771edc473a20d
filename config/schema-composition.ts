/** Defines the keys of composed teams and workflows, with Agno's names for blocks. */
import * as z from 'zod'
import {
  baseUrl,
  componentId,
  count,
  duration,
  expects,
  flag,
  list,
  oneOf,
  optional,
  section,
  text,
  token,
  withDefault,
} from './fields.ts'
import { tls } from './schema-connection.ts'

/** Reference to a component: a public id, or `UPSTREAM/ID`. */
function reference() {
  const what = 'the id of a component, or UPSTREAM/ID'
  return z.string({ error: expects(what) }).refine((value) => /^[^\p{Cc}]+$/u.test(value), {
    error: expects(what),
  })
}

/** A duration in whole hours or days, in milliseconds. It may exceed the longest delay of a timer. */
function retention() {
  const what = 'a time such as 12h or 30d'
  return z
    .string({ error: expects(what) })
    .transform((value, context) => {
      const [, number, unit] = /^(\d{1,4}) ?(h|d)$/.exec(value) ?? []
      if (Number(number) > 0) return Number(number) * (unit === 'h' ? HOUR_MS : 24 * HOUR_MS)
      context.addIssue({ code: 'custom', message: `expected ${what}` })
      return z.NEVER
    })
    .meta({ title: 'duration', pattern: '^\\d{1,4} ?(h|d)$|\\$\\{' })
}

const HOUR_MS = 3_600_000

/** Values that a step needs from its caller. */
const userInput = section({
  message: optional(text()).describe('Question to the caller. Default: none.'),
  fields: list(
    section({
      name: text().describe('Name of the value, for the template `{{user_input.NAME}}`.'),
      type: withDefault(oneOf(['str', 'int', 'float', 'bool', 'list', 'dict']), 'str').describe(
        "Type of the value, with Agno's names.",
      ),
      description: optional(text()).describe('Description of the value. Default: none.'),
      required: withDefault(flag(), true).describe('The step does not run without the value.'),
      allowed: optional(list(text())).describe('Accepted values. Default: any.'),
    }),
  ).describe('The values.'),
})

/** A block in the notation of the file: exactly one key decides its kind. */
export interface FileStep {
  readonly name: string
  readonly optional: boolean
  readonly agent?: string | undefined
  readonly team?: string | undefined
  readonly workflow?: string | undefined
  readonly input?: string | undefined
  readonly retries: number
  readonly timeout: number
  readonly session: 'own' | 'shared'
  readonly confirm?: string | undefined
  readonly review?: string | undefined
  readonly on_error: 'fail' | 'pause'
  readonly on_reject: 'cancel' | 'skip' | 'else' | 'retry'
  readonly confirm_timeout: number
  readonly on_timeout: 'cancel' | 'skip' | 'approve'
  readonly user_input?: z.output<typeof userInput> | undefined
  readonly steps?: readonly FileStep[] | undefined
  readonly parallel?: readonly FileStep[] | undefined
  readonly limit?: number | undefined
  readonly on_failure: 'cancel' | 'wait'
  readonly if?: string | undefined
  readonly then: readonly FileStep[]
  readonly else: readonly FileStep[]
  readonly loop?: readonly FileStep[] | undefined
  readonly until?: string | undefined
  readonly max_iterations: number
  readonly forward_iteration_output: boolean
  readonly choices?: readonly FileStep[] | undefined
  readonly select?: string | undefined
  readonly choose?: string | undefined
  readonly allow_multiple_selections: boolean
}

const stepList = () => list(z.lazy(() => fileStep))
const expression = () => text('a CEL expression')

/** Named, because the type is recursive. */
const fileStep: z.ZodType<FileStep> = section({
  name: text().describe('Name of the step, unique within the workflow.'),
  agent: optional(reference()).describe('Agent that the step runs.'),
  team: optional(reference()).describe('Team that the step runs.'),
  workflow: optional(reference()).describe('Workflow that the step runs.'),
  input: optional(text('a template')).describe(
    'Template of the input: `{{input}}`, `{{previous}}`, `{{steps.NAME}}`, `{{additional_data.KEY}}`, `{{session_state.KEY}}`, `{{user_input.NAME}}`. Default: content of the previous step.',
  ),
  optional: withDefault(flag(), false).describe(
    'A failure of this step does not fail the workflow.',
  ),
  retries: withDefault(count(0, 10), 0).describe(
    'Number of retries after a failure. A retried step may have its effects twice.',
  ),
  timeout: withDefault(duration('zero'), '0s').describe(
    "Longest duration of the member's run; 0 for no limit.",
  ),
  session: withDefault(oneOf(['own', 'shared']), 'own').describe(
    "Session of the member: its own, or the workflow's.",
  ),
  confirm: optional(text()).describe(
    'Question to the caller. The workflow pauses until the caller confirms. Default: none.',
  ),
  review: optional(text()).describe(
    'Question to the caller about the output of a member, of `choices`, or of each iteration of a `loop`. The workflow pauses until the caller accepts, changes or rejects the output. Default: none.',
  ),
  on_error: withDefault(oneOf(['fail', 'pause']), 'fail').describe(
    'Effect of a failure after the retries: `fail` fails the step, `pause` pauses the workflow until the caller runs the step again or leaves it out. `optional` is the third effect: the workflow continues.',
  ),
  on_reject: withDefault(oneOf(['cancel', 'skip', 'else', 'retry']), 'cancel').describe(
    'Effect of a rejection: `cancel` ends the workflow, `skip` skips the step or its output, `else` runs `else` of an `if`, `retry` runs the step with the feedback of the caller.',
  ),
  confirm_timeout: withDefault(duration('zero'), '0s').describe(
    'Longest wait for the answer; 0 for no limit. Checked when the run continues.',
  ),
  on_timeout: withDefault(oneOf(['cancel', 'skip', 'approve']), 'cancel').describe(
    'Effect of a late answer.',
  ),
  user_input: optional(userInput).describe(
    'Values that the caller enters before the step runs. They are added to its input, or fill its template.',
  ),
  steps: optional(stepList()).describe('Steps that run in order.'),
  parallel: optional(stepList()).describe('Steps that run in parallel.'),
  limit: optional(count(1, 100)).describe('Largest number of concurrent steps. Default: all.'),
  on_failure: withDefault(oneOf(['cancel', 'wait']), 'cancel').describe(
    'After the failure of a parallel step: `cancel` stops the others, `wait` lets them finish.',
  ),
  if: optional(expression()).describe(
    'Condition in CEL: runs `then` if it is true, otherwise `else`.',
  ),
  // biome-ignore lint/suspicious/noThenProperty: the word of the file
  then: withDefault(stepList(), []).describe('Steps that run if `if` is true.'),
  else: withDefault(stepList(), []).describe('Steps that run if `if` is false.'),
  loop: optional(stepList()).describe('Steps of a loop.'),
  until: optional(expression()).describe('Condition in CEL that ends the loop.'),
  max_iterations: withDefault(count(1, 1_000), 3).describe(
    'Largest number of iterations of the loop.',
  ),
  forward_iteration_output: withDefault(flag(), false).describe(
    'Each iteration starts with the output of the previous one.',
  ),
  choices: optional(stepList()).describe('Steps from which `select` chooses.'),
  select: optional(expression()).describe(
    'Expression in CEL that returns the name of the chosen step, or a list of names.',
  ),
  choose: optional(text()).describe(
    'Question to the caller, who chooses from `choices`. It replaces `select`.',
  ),
  allow_multiple_selections: withDefault(flag(), false).describe(
    'The caller may choose several of `choices`, which run in the order of the answer.',
  ),
}).meta({ id: 'step' })

/** An entry of `workflows` that has `steps`. */
export const composedWorkflow = section({
  id: componentId().describe('Public id.'),
  name: optional(text()).describe('Name shown to people. Default: the id.'),
  description: optional(text()).describe('Description shown to people. Default: none.'),
  deadline: withDefault(duration('zero'), '0s').describe(
    'Longest duration of a run; 0 for no limit.',
  ),
  steps: stepList().describe('Steps of the workflow: see docs/composition.md.'),
})

const member = section({
  agent: optional(reference()).describe('Agent that is a member.'),
  team: optional(reference()).describe('Team that is a member.'),
  workflow: optional(reference()).describe('Workflow that is a member.'),
  when: optional(text()).describe('Tasks for which the leader calls the member.'),
  timeout: withDefault(duration('zero'), '0s').describe(
    "Longest duration of the member's run; 0 for no limit.",
  ),
  session: withDefault(oneOf(['own', 'shared']), 'own').describe(
    "Session of the member: its own, or the team's.",
  ),
  input: withDefault(oneOf(['task', 'message']), 'task').describe(
    "Input of the member: the leader's task, or the caller's message.",
  ),
})

/** An entry of `teams` that has `members`. */
export const composedTeam = section({
  id: componentId().describe('Public id.'),
  name: optional(text()).describe('Name shown to people. Default: the id.'),
  description: optional(text()).describe('Description shown to people. Default: none.'),
  mode: withDefault(oneOf(['coordinate', 'route', 'broadcast', 'tasks']), 'coordinate').describe(
    'Mode of the leader: `coordinate` delegates and answers, `route` passes the request to one member, `broadcast` asks all members, `tasks` works through a list of tasks.',
  ),
  model: text('a name of models').describe("Name of the leader's model: a key of `models`."),
  instructions: optional(text()).describe('Additional instructions for the leader. Default: none.'),
  members: list(member).describe('Members of the team.'),
  add_history_to_context: withDefault(flag(), false).describe(
    "Adds the last runs of the session to the leader's context.",
  ),
  num_history_runs: withDefault(count(1, 100), 3).describe(
    "Number of runs in the leader's context.",
  ),
  share_member_interactions: withDefault(flag(), false).describe(
    'Members receive the earlier answers of other members in the same run.',
  ),
  max_turns: withDefault(count(1, 100), 8).describe(
    'Largest number of requests to the model in one run.',
  ),
  max_iterations: withDefault(count(1, 100), 10).describe(
    'Mode `tasks`: largest number of rounds over the task list, each with at most `max_turns` requests.',
  ),
  stream_member_events: withDefault(flag(), true).describe(
    "Streams contain the members' events in addition to the team's own.",
  ),
  store_member_responses: withDefault(flag(), true).describe(
    "Outputs and stored runs contain the members' outputs.",
  ),
  max_parallel: withDefault(count(1, 100), 10).describe('Largest number of concurrent members.'),
  deadline: withDefault(duration('zero'), '0s').describe(
    'Longest duration of a run; 0 for no limit.',
  ),
})

/** Models that lead teams, by name. */
export const models = z.record(
  z.string(),
  section({
    base_url: baseUrl().describe(
      "Base URL of a server with OpenAI's chat completions API, such as `https://api.openai.com/v1`.",
    ),
    model: text().describe('Id of the model on that server.'),
    api_key: optional(token()).describe(
      'Bearer token for the server. Write `"${NAME}"` to keep it out of the file. Default: none.',
    ),
    provider: withDefault(text(), 'OpenAI').describe('Name of the provider in events and cards.'),
    timeout: withDefault(duration(), '60s').describe(
      'Longest duration of one request to the model.',
    ),
    retries: withDefault(count(0, 10), 1).describe(
      'Number of retries of a request that the server refuses temporarily.',
    ),
  }),
  { error: expects('a mapping of names to models') },
)

const DATABASES = 'sqlite:FILE or postgres://…'
const DATABASE = /^(?:sqlite:.|postgres(?:ql)?:\/\/.)/

/** The composer process. */
export const composer = section({
  database: withDefault(
    z.string({ error: expects(DATABASES) }).refine((value) => DATABASE.test(value), {
      error: expects(DATABASES),
    }),
    'sqlite:./data/composer.db',
  ).describe(
    'Database of sessions and runs: `sqlite:FILE` for one composer, `postgres://…` for several. `sqlite::memory:` loses them at the end of the process.',
  ),
  keep: withDefault(retention(), '30d').describe('Retention of a session after its last run.'),
  gateway_url: optional(text('an address')).describe(
    'URL of the gateway at which the composer calls members. Default: the gateway on the same host.',
  ),
  tls: optional(tls).describe(
    'TLS of the connection to `gateway_url`. Needs a restart of the composer.',
  ),
})

/** An entry of `workflows` with steps, after parsing. */
export type FileComposedWorkflow = z.output<typeof composedWorkflow>
/** An entry of `teams` with members, after parsing. */
export type FileComposedTeam = z.output<typeof composedTeam>
/** `models`, after parsing. */
export type FileModels = z.output<typeof models>
