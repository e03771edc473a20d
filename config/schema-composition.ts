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
}

const stepList = () => list(z.lazy(() => fileStep))
const expression = () => text('a CEL expression')

/** Named, because the type is recursive. */
const fileStep: z.ZodType<FileStep> = section({
  name: text().describe('Name of the step, unique within the workflow.'),
  agent: optional(reference()).describe('The agent that the step runs.'),
  team: optional(reference()).describe('The team that the step runs.'),
  workflow: optional(reference()).describe('The workflow that the step runs.'),
  input: optional(text('a template')).describe(
    'Template of the input: `{{input}}`, `{{previous}}`, `{{steps.NAME}}`, `{{additional_data.KEY}}`, `{{session_state.KEY}}`, `{{user_input.NAME}}`. Default: content of the step before.',
  ),
  optional: withDefault(flag(), false).describe('A failure does not fail the workflow.'),
  retries: withDefault(count(0, 10), 0).describe(
    'How often the step may run again after a failure: it may have effects twice then.',
  ),
  timeout: withDefault(duration('zero'), '0s').describe('Longest run of the member; 0 for none.'),
  session: withDefault(oneOf(['own', 'shared']), 'own').describe(
    "The member's session: one of its own, or the workflow's.",
  ),
  confirm: optional(text()).describe(
    'Question to the caller: the workflow pauses until the caller confirms. Default: none.',
  ),
  on_reject: withDefault(oneOf(['cancel', 'skip', 'else', 'retry']), 'cancel').describe(
    'Effect of a rejection: ends the workflow, leaves the step out, runs `else` of an `if`, or runs the step with the words of the caller.',
  ),
  confirm_timeout: withDefault(duration('zero'), '0s').describe(
    'Time for the answer; 0 for any time. Checked when the run is continued.',
  ),
  on_timeout: withDefault(oneOf(['cancel', 'skip', 'approve']), 'cancel').describe(
    'Effect of a late answer.',
  ),
  user_input: optional(userInput).describe(
    'Values that the caller gives before the step runs: they follow its input, or fill its template.',
  ),
  steps: optional(stepList()).describe('Steps one after the other.'),
  parallel: optional(stepList()).describe('Steps at the same time.'),
  limit: optional(count(1, 100)).describe('Most parallel steps at a time. Default: all.'),
  on_failure: withDefault(oneOf(['cancel', 'wait']), 'cancel').describe(
    'What the failure of a parallel step does to the others.',
  ),
  if: optional(expression()).describe(
    'Condition in CEL: `then` runs where it is true, else `else`.',
  ),
  // biome-ignore lint/suspicious/noThenProperty: the word of the file
  then: withDefault(stepList(), []).describe('Steps where `if` is true.'),
  else: withDefault(stepList(), []).describe('Steps where `if` is false.'),
  loop: optional(stepList()).describe('Steps again and again.'),
  until: optional(expression()).describe('CEL: ends the loop where it is true.'),
  max_iterations: withDefault(count(1, 1_000), 3).describe('Most iterations of the loop.'),
  forward_iteration_output: withDefault(flag(), false).describe(
    'The next iteration begins with the output of the one before.',
  ),
  choices: optional(stepList()).describe('Steps of which `select` names some.'),
  select: optional(expression()).describe(
    'CEL: the name, or the list of names, of the chosen steps.',
  ),
}).meta({ id: 'step' })

/** An entry of `workflows` that has `steps`. */
export const composedWorkflow = section({
  id: componentId().describe('Id that callers use.'),
  name: optional(text()).describe('Name shown to people. Default: the id.'),
  description: optional(text()).describe('Description shown to people. Default: none.'),
  deadline: withDefault(duration('zero'), '0s').describe('Longest run; 0 for none.'),
  steps: stepList().describe('The steps: see docs/composition.md.'),
})

const member = section({
  agent: optional(reference()).describe('The agent that is a member.'),
  team: optional(reference()).describe('The team that is a member.'),
  workflow: optional(reference()).describe('The workflow that is a member.'),
  when: optional(text()).describe('When the leader should call it.'),
  timeout: withDefault(duration('zero'), '0s').describe('Longest run of the member; 0 for none.'),
  session: withDefault(oneOf(['own', 'shared']), 'own').describe(
    "The member's session: one of its own, or the team's.",
  ),
  input: withDefault(oneOf(['task', 'message']), 'task').describe(
    "What the member gets: the leader's task, or the caller's message.",
  ),
})

/** An entry of `teams` that has `members`. */
export const composedTeam = section({
  id: componentId().describe('Id that callers use.'),
  name: optional(text()).describe('Name shown to people. Default: the id.'),
  description: optional(text()).describe('Description shown to people. Default: none.'),
  mode: withDefault(oneOf(['coordinate', 'route', 'broadcast', 'tasks']), 'coordinate').describe(
    'How the leader works: delegates and answers, passes the request to one member, asks all of them, or keeps a list of tasks.',
  ),
  model: text('a name of models').describe('Name of the model that leads: a key of `models`.'),
  instructions: optional(text()).describe('Further instructions for the leader. Default: none.'),
  members: list(member).describe('The members.'),
  add_history_to_context: withDefault(flag(), false).describe(
    'The leader sees the last runs of the session.',
  ),
  num_history_runs: withDefault(count(1, 100), 3).describe('How many of them.'),
  share_member_interactions: withDefault(flag(), false).describe(
    'Members see what others have answered in the same run.',
  ),
  max_turns: withDefault(count(1, 100), 8).describe('Most requests to the model in one run.'),
  max_iterations: withDefault(count(1, 100), 10).describe(
    'Mode `tasks`: most times that the leader goes on with the list, each with `max_turns` requests.',
  ),
  stream_member_events: withDefault(flag(), true).describe(
    "Streams hold the members' events beside the team's own.",
  ),
  store_member_responses: withDefault(flag(), true).describe(
    "Outputs and stored runs hold the members' outputs.",
  ),
  max_parallel: withDefault(count(1, 100), 10).describe('Most members that run at a time.'),
  deadline: withDefault(duration('zero'), '0s').describe('Longest run; 0 for none.'),
})

/** Models that lead teams, by name. */
export const models = z.record(
  z.string(),
  section({
    base_url: baseUrl().describe(
      'Base URL of a server with chat completions, such as `https://api.openai.com/v1`.',
    ),
    model: text().describe('Id of the model there.'),
    api_key: optional(token()).describe(
      'Sent as a bearer token. Write `"${NAME}"`. Default: none.',
    ),
    provider: withDefault(text(), 'OpenAI').describe('Name of the provider in events and cards.'),
    timeout: withDefault(duration(), '60s').describe('Longest request.'),
    retries: withDefault(count(0, 10), 1).describe('Further tries of a request that was refused.'),
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
    'Where sessions and runs are kept: `sqlite:FILE` for one composer, `postgres://…` for several. `sqlite::memory:` keeps nothing.',
  ),
  keep: withDefault(retention(), '30d').describe(
    'How long sessions are kept after their last run.',
  ),
  gateway_url: optional(text('an address')).describe(
    'Where the composer calls members. Default: the gateway beside it.',
  ),
})

/** An entry of `workflows` with steps, after parsing. */
export type FileComposedWorkflow = z.output<typeof composedWorkflow>
/** `composer`, after parsing. */
export type FileComposer = z.output<typeof composer>
/** An entry of `teams` with members, after parsing. */
export type FileComposedTeam = z.output<typeof composedTeam>
/** `models`, after parsing. */
export type FileModels = z.output<typeof models>
