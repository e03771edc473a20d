/** Holds the OpenAPI description of the gateway's own routes, and the page of `/docs`. */
import { JSON_MARK } from '../src/merge/openapi.ts'

/** A response in the form of AgentOS's OpenAPI documents. */
const answer = (description: string, properties: Record<string, object>) => ({
  '200': {
    description,
    content: { 'application/json': { schema: { type: 'object', properties } } },
  },
})

const text = { type: 'string' }
const number = { type: 'integer' }
const list = { type: 'array', items: {} }
const map = { type: 'object' }

/** Operations that the gateway answers even if no upstream documents them. */
export const OWN_OPERATIONS = {
  '/': {
    get: {
      tags: ['Gateway'],
      summary: 'Name and version of the gateway',
      operationId: 'get_gateway',
      responses: answer('The gateway', { name: text, id: text, version: text }),
    },
  },
  '/health': {
    get: {
      tags: ['Gateway'],
      summary: 'The gateway is running',
      operationId: 'get_gateway_health',
      responses: answer('It is', { status: text, instantiated_at: text }),
    },
  },
  '/info': {
    get: {
      tags: ['Gateway'],
      summary: 'Description of all upstreams, as one AgentOS',
      operationId: 'get_gateway_info',
      responses: answer('The merged description', { os_id: text, agno_version: text }),
    },
  },
  '/gateway/status': {
    get: {
      tags: ['Gateway'],
      summary: 'State of the configuration, the upstreams and their replicas; for administrators',
      operationId: 'get_gateway_status',
      responses: answer('The state', { id: text, version: text, upstreams: list, incidents: list }),
    },
  },
  '/gateway/live': {
    get: {
      tags: ['Gateway'],
      summary:
        'Open answers and WebSockets, also as an event stream (`accept: text/event-stream`); for administrators',
      operationId: 'get_gateway_live',
      responses: answer('The open answers and WebSockets', { at: text, open: number, runs: list }),
    },
  },
  '/gateway/live/{id}/detach': {
    post: {
      tags: ['Gateway'],
      summary: 'Closes the connection to the caller while the run continues; for administrators',
      operationId: 'detach_gateway_run',
      parameters: [{ name: 'id', in: 'path', required: true, schema: text }],
      responses: { '204': { description: 'The run continues' } },
    },
  },
  '/gateway/history': {
    get: {
      tags: ['Gateway'],
      summary:
        'Traffic of the last hour in steps of 5 s, or of the last day in steps of 1 min; for administrators',
      operationId: 'get_gateway_history',
      parameters: [
        { name: 'step', in: 'query', schema: { type: 'string', enum: ['5s', '1m'] } },
        { name: 'component', in: 'query', schema: text },
      ],
      responses: answer('One list of values for each quantity', {
        at: list,
        requests: list,
        errors: list,
        components: list,
      }),
    },
  },
  '/gateway/budgets': {
    get: {
      tags: ['Gateway'],
      summary:
        'Budgets in force, and the subjects that have used most of them, the fullest first; for administrators',
      operationId: 'get_gateway_budgets',
      parameters: [
        { name: 'budget', in: 'query', schema: text },
        { name: 'limit', in: 'query', schema: { ...number, minimum: 1, maximum: 1_000 } },
        { name: 'page', in: 'query', schema: { ...number, minimum: 1 } },
      ],
      responses: answer('One page of subjects', { budgets: list, data: list, meta: map }),
    },
  },
  '/gateway/config': {
    get: {
      tags: ['Gateway'],
      summary:
        'Every key in force with its source, and the changes of a reload; for administrators',
      operationId: 'get_gateway_config',
      responses: answer('The configuration, without secrets', { values: list, changes: list }),
    },
  },
  '/gateway/catalogue': {
    get: {
      tags: ['Gateway'],
      summary: 'Ids of all components by kind and upstream; for administrators',
      operationId: 'get_gateway_catalogue',
      responses: answer('The ids', { agents: map, teams: map, workflows: map }),
    },
  },
  '/gateway/access': {
    get: {
      tags: ['Gateway'],
      summary: "Identity and rights of the caller's token, and the key that verified it",
      operationId: 'get_gateway_access',
      responses: answer('The caller', { mode: text, subject: text, scopes: list }),
    },
    post: {
      tags: ['Gateway'],
      summary: 'Identity and rights of another token; for administrators',
      operationId: 'explain_gateway_token',
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: { type: 'object', properties: { token: text } } },
        },
      },
      responses: answer('The bearer of the token', { mode: text, subject: text, scopes: list }),
    },
  },
} as const

/** The page with Swagger UI, as in AgentOS. It loads only files of this server. */
export function docsPage(title: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<link rel="icon" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
<div id="docs"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/docs.js"></script>
</html>
`
}

/**
 * Starts Swagger UI with the document beside the page. Bodies that may be JSON are offered as JSON first: it is easier
 * to write than a form. Path parameters have the id of a component that this caller may see, so that a first try works.
 */
export function docsScript(): string {
  return `const KINDS = ['agent', 'team', 'workflow']
const json = (path) => fetch(path).then((answer) => (answer.ok ? answer.json() : undefined), () => undefined)

const firstId = (list) => (Array.isArray(list) ? list[0]?.id : undefined)

Promise.all([json('openapi.json'), ...KINDS.map((kind) => json(kind + 's'))]).then(([spec, ...lists]) => {
  const ids = Object.fromEntries(KINDS.map((kind, i) => [kind + '_id', firstId(lists[i])]))
  for (const [path, item] of Object.entries(spec.paths)) {
    for (const { parameters = [], requestBody } of Object.values(item)) {
      for (const parameter of parameters) {
        const id = parameter.in === 'path' ? ids[parameter.name] : undefined
        if (id !== undefined) parameter.example ??= id
      }
      if (!requestBody?.['${JSON_MARK}']) continue
      const { 'application/json': given, ...forms } = requestBody.content
      const [form] = Object.values(forms)
      const example = path.endsWith('/runs') ? { message: 'hello', stream: false } : undefined
      const offered = given ?? (example === undefined ? form : { ...form, example })
      requestBody.content = { 'application/json': offered, ...forms }
    }
  }
  SwaggerUIBundle({
    spec,
    dom_id: '#docs',
    deepLinking: true,
    docExpansion: 'none',
    validatorUrl: null,
  })
})
`
}

function escaped(title: string): string {
  return title.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`)
}
