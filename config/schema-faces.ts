/** Defines the section `faces`: further protocols for the components. */
import * as z from 'zod'
import {
  componentId,
  componentPattern,
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
import { meantFlag } from './meant-value.ts'

/** Keys that every face has. */
const common = {
  include: withDefault(list(componentPattern()), []).describe(
    'Components that the face shows: `agent/ID`, `team/ID`, `workflow/ID` or a bare id; `*` matches any text. Default: all.',
  ),
  exclude: withDefault(list(componentPattern()), []).describe(
    'Components that the face hides, in the notation of `include`. Takes precedence over `include`.',
  ),
}

/** A face is `true`, `false`, or a mapping of options. Default: off. */
function face<Shape extends z.ZodRawShape>(shape: Shape) {
  const options = section({ ...common, ...shape })
  return optional(
    z
      .union([flag(), options], {
        error: expects('true, false or a mapping of keys', meantFlag),
      })
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
      model: text('a component such as agent/titles').describe(
        'Component that answers side prompts.',
      ),
    }),
  ],
  { error: expects('run, refuse or { model: COMPONENT }') },
)

const openai = {
  session_headers: withDefault(list(headerName()), ['x-openwebui-chat-id']).describe(
    'Request headers with the id of the conversation, which becomes the session id. The first header that is present counts.',
  ),
  system: withDefault(oneOf(['prepend', 'ignore']), 'prepend').describe(
    'Treatment of system and developer messages: `prepend` puts them before the message, `ignore` drops them.',
  ),
  side_prompts: withDefault(sidePrompts, 'run').describe(
    'Treatment of side prompts: requests of chat programs for titles, tags and follow-ups (`### Task:`). `run` uses a separate session, `refuse` refuses them, `{ model: … }` sends them to that component. They never enter the session of the conversation.',
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
  state_secret: optional(text('a secret')).describe(
    'Secret that signs the state of forms, at least 32 bytes and equal for all gateways behind one URL. Default: derived from the other secrets of the configuration.',
  ),
}

const mount = section({
  path: path().describe('Path prefix of `POST …/agui` and `GET …/status`, as in an AgentOS.'),
  agent: optional(componentId()).describe('Id of the agent at this path.'),
  team: optional(componentId()).describe('Id of the team at this path.'),
  workflow: optional(componentId()).describe('Id of the workflow at this path.'),
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
    'Components at further paths, in addition to `/agui/agents/ID`. Needs a restart.',
  ),
}

export const faces = section({
  openai: face(openai).describe(
    "Serves OpenAI's API: `/v1/models`, `/v1/chat/completions`, `/v1/responses`. Turning it on needs a restart.",
  ),
  mcp: face(mcp).describe(
    "MCP: `POST /mcp` with AgentOS's own tools and one tool for each component. Turning it on needs a restart.",
  ),
  a2a: face(a2a).describe(
    'A2A 1.0 and 0.3: `/a2a/agents/ID/`, teams and workflows likewise, and `/.well-known/ai-catalog.json`. Turning it on needs a restart.',
  ),
  agui: face(agui).describe(
    'Serves AG-UI: `POST /agui/agents/ID`, also for teams and workflows. Turning it on needs a restart.',
  ),
})
