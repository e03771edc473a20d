/** Builds code that calls a component: curl, Python, TypeScript, and the enabled protocol faces. */
import { BASE } from '../api/http.ts'
import type { Kind } from '../api/types.ts'
import { token } from './token.ts'

export interface Snippet {
  readonly label: string
  readonly code: string
}

export interface SnippetInput {
  readonly message: string
  readonly sessionId?: string | undefined
  /** Enabled protocol faces. */
  readonly faces: readonly string[]
}

interface Called {
  readonly kind: Kind
  readonly id: string
}

const PYTHON = { agents: 'run_agent', teams: 'run_team', workflows: 'run_workflow' } as const
const CLASSES = { agents: 'RemoteAgent', teams: 'RemoteTeam', workflows: 'RemoteWorkflow' } as const
const IDS = { agents: 'agentId', teams: 'teamId', workflows: 'workflowId' } as const

const root = () => BASE.href.replace(/\/$/, '')
const shell = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`
const quoted = (text: string) => JSON.stringify(text)
/** A snippet never contains the token itself. */
const needsToken = () => token.value !== ''

const authorizationOption = () => (needsToken() ? [`  -H "Authorization: Bearer $TOKEN"`] : [])

export function snippetsFor(called: Called, input: SnippetInput): Snippet[] {
  const faces = FACES.filter(({ face, fits }) => input.faces.includes(face) && fits(called))
  return [
    { label: 'curl', code: curl(called, input) },
    { label: 'Python', code: python(called, input) },
    { label: 'TypeScript', code: typescript(called, input) },
    ...faces.map(({ label, code }) => ({ label, code: code(called, input) })),
  ]
}

function curl({ kind, id }: Called, { message, sessionId }: SnippetInput): string {
  const lines = [
    `curl -N ${shell(`${root()}/${kind}/${encodeURIComponent(id)}/runs`)}`,
    ...authorizationOption(),
    `  -F ${shell(`message=${message}`)}`,
    '  -F stream=true',
    ...(sessionId ? [`  -F ${shell(`session_id=${sessionId}`)}`] : []),
  ]
  const isForm = kind === 'workflows'
  return lines
    .map((line) => (isForm ? line.replace(/^ {2}-F /, '  --data-urlencode ') : line))
    .join(' \\\n')
}

function python({ kind, id }: Called, { message, sessionId }: SnippetInput): string {
  const headers = needsToken()
    ? ', headers={"Authorization": f"Bearer {os.environ[\'TOKEN\']}"}'
    : ''
  const session = sessionId ? `, session_id=${quoted(sessionId)}` : ''
  return `import asyncio${needsToken() ? '\nimport os' : ''}

from agno.client import AgentOSClient


async def main() -> None:
    client = AgentOSClient(base_url=${quoted(root())})
    output = await client.${PYTHON[kind]}(${quoted(id)}, message=${quoted(message)}${session}${headers})
    print(output.content)


asyncio.run(main())`
}

function typescript({ kind, id }: Called, { message, sessionId }: SnippetInput): string {
  const session = sessionId ? `, sessionId: ${quoted(sessionId)}` : ''
  const headers = needsToken() ? ', headers: { authorization: `Bearer ${process.env.TOKEN}` }' : ''
  return `import { ${CLASSES[kind]} } from 'agentos-gateway'

const remote = new ${CLASSES[kind]}({ baseUrl: ${quoted(root())}, ${IDS[kind]}: ${quoted(id)} })
for await (const event of remote.run(${quoted(message)}, { stream: true${session}${headers} })) {
  console.log(event.event, event.content ?? '')
}
await remote.close()`
}

interface Face {
  readonly face: string
  readonly label: string
  fits(called: Called): boolean
  code(called: Called, input: SnippetInput): string
}

const bearer = () => (needsToken() ? 'os.environ["TOKEN"]' : '"none"')

const FACES: readonly Face[] = [
  {
    face: 'openai',
    label: 'OpenAI',
    fits: () => true,
    code: ({ kind, id }, { message }) => `import os

from openai import OpenAI

client = OpenAI(base_url=${quoted(`${root()}/v1`)}, api_key=${bearer()})
answer = client.chat.completions.create(
    model=${quoted(`${kind}/${id}`)},
    messages=[{"role": "user", "content": ${quoted(message)}}],
)
print(answer.choices[0].message.content)`,
  },
  {
    face: 'mcp',
    label: 'MCP',
    fits: () => true,
    code: () =>
      JSON.stringify(
        {
          mcpServers: {
            agentos: {
              type: 'http',
              url: `${root()}/mcp`,
              ...(needsToken() && { headers: { Authorization: 'Bearer ${TOKEN}' } }),
            },
          },
        },
        null,
        2,
      ),
  },
  {
    face: 'a2a',
    label: 'A2A',
    fits: () => true,
    code: ({ kind, id }, { message }) => {
      const text = { messageId: 'm1', role: 'ROLE_USER', parts: [{ text: message }] }
      const call = { jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message: text } }
      return [
        `curl ${shell(`${root()}/a2a/${kind}/${encodeURIComponent(id)}/`)}`,
        ...authorizationOption(),
        `  -H 'content-type: application/json'`,
        `  -d ${shell(JSON.stringify(call))}`,
      ].join(' \\\n')
    },
  },
  {
    face: 'agui',
    label: 'AG-UI',
    fits: () => true,
    code: ({ kind, id }, { message }) => {
      const url = `${root()}/agui/${kind}/${encodeURIComponent(id)}`
      const headers = needsToken()
        ? ', headers: { authorization: `Bearer ${process.env.TOKEN}` }'
        : ''
      return `import { HttpAgent } from '@ag-ui/client'

const agent = new HttpAgent({ url: ${quoted(url)}${headers} })
agent.addMessage({ id: '1', role: 'user', content: ${quoted(message)} })
console.log(await agent.runAgent())`
    },
  },
]
