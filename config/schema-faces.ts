/** Defines the section `faces`: further protocols for the components. */
import * as z from 'zod'
import {
  componentId,
  expects,
  flag,
  headerName,
  list,
  oneOf,
  optional,
  path,
  section,
  text,
  webAddress,
  withDefault,
} from './fields.ts'

/** A pattern for components: kind and id, or an id of a single kind; `*` matches any text. */
function componentPattern() {
  const what = 'a component such as agent/echo, echo or team/*'
  return z
    .string({ error: expects(what) })
    .refine((value) => /^(?:(?:agent|team|workflow)s?\/)?[^\p{Cc}/]+$/u.test(value), {
      error: expects(what),
    })
}

/** Keys that every face has. */
const common = {
  include: withDefault(list(componentPattern()), []).describe(
    'The only components that are shown: `agent/ID`, `team/ID`, `workflow/ID` or a bare id, with `*` for anything. Default: all.',
  ),
  exclude: withDefault(list(componentPattern()), []).describe(
    'Components that are not shown, written as in `include`; wins over it.',
  ),
}

/** A face is `true`, `false`, or a mapping of options. Default: off. */
function face<Shape extends z.ZodRawShape>(shape: Shape) {
  const options = section({ ...common, ...shape })
  return optional(
    z
      .union([flag(), options], { error: expects('true, false or a mapping of keys') })
      .transform((value) => {
        if (value === false) return undefined
        return value === true ? options.parse({}) : value
      }),
  )
}

const sidePrompts = z.union(
  [
    oneOf(['run', 'refuse']),
    section({
      model: text('a component such as agent/titles').describe('The component that answers them.'),
    }),
  ],
  { error: expects('run, refuse or { model: COMPONENT }') },
)

const openai = {
  session_headers: withDefault(list(headerName()), ['x-openwebui-chat-id']).describe(
    "Headers that name the caller's conversation, which becomes the session; the first that a request has counts.",
  ),
  system: withDefault(oneOf(['prepend', 'ignore']), 'prepend').describe(
    'What becomes of system and developer messages: put before the message, or left out.',
  ),
  side_prompts: withDefault(sidePrompts, 'run').describe(
    'What becomes of the requests that chat programs make by themselves for titles, tags and follow-ups (`### Task:`): run in a session of their own, refused, or sent to the component `{ model: … }`. They never reach the session of the conversation.',
  ),
}

const mcp = {
  path: withDefault(path(), '/mcp').describe('Path of the MCP server. Needs a restart.'),
  tools: withDefault(oneOf(['agentos', 'components', 'both']), 'both').describe(
    "Which tools are listed: `agentos` for AgentOS's own eight, `components` for one tool for each component (above 40 components, `search_components` and `run_component`), or `both`.",
  ),
  authorization_servers: withDefault(list(webAddress()), []).describe(
    'Issuers of the tokens that `auth` accepts, for MCP clients that log in by OAuth: named in the protected-resource metadata (RFC 9728). A missing scope is then a challenge (403) and no answer of the tool.',
  ),
}

const mount = section({
  path: path().describe(
    'Path below which `POST …/agui` and `GET …/status` are served, as an AgentOS has them.',
  ),
  agent: optional(componentId()).describe('Id of the agent there.'),
  team: optional(componentId()).describe('Id of the team there.'),
  workflow: optional(componentId()).describe('Id of the workflow there.'),
}).refine(
  ({ agent, team, workflow }) =>
    [agent, team, workflow].filter((id) => id !== undefined).length === 1,
  { error: 'names one of agent, team and workflow' },
)

const a2a = {
  default: optional(componentPattern()).describe(
    'The component whose card is at `/.well-known/agent-card.json`. Default: the only one that is shown.',
  ),
}

const agui = {
  mounts: withDefault(list(mount), []).describe(
    'Components at paths of their own, beside `/agui/agents/ID`. Needs a restart.',
  ),
}

export const faces = section({
  openai: face(openai).describe(
    'OpenAI: `/v1/models`, `/v1/chat/completions`, `/v1/responses`. Turning it on needs a restart.',
  ),
  mcp: face(mcp).describe(
    "MCP: `POST /mcp` with AgentOS's own tools and one tool for each component. Turning it on needs a restart.",
  ),
  a2a: face(a2a).describe(
    'A2A 1.0 and 0.3: `/a2a/agents/ID/`, teams and workflows likewise, and `/.well-known/ai-catalog.json`. Turning it on needs a restart.',
  ),
  agui: face(agui).describe(
    'AG-UI: `POST /agui/agents/ID`, teams and workflows likewise. Turning it on needs a restart.',
  ),
})
