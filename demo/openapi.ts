/** Serves the OpenAPI document of a demo AgentOS, with its main routes in AgentOS's form. */
import { AGNO_VERSION } from './cards.ts'
import { KINDS, type Kind, type OsSpec } from './components.ts'
import type { Routes } from './router.ts'

type Schema = Readonly<Record<string, unknown>>

const TEXT: Schema = { type: 'string' }
const ANSWER = { '200': { description: 'Successful Response', content: json({}) } }
const RUN_FIELDS: Readonly<Record<string, Schema>> = {
  message: TEXT,
  stream: { type: 'boolean', default: true },
  session_id: TEXT,
  user_id: TEXT,
  background: { type: 'boolean', default: false },
}

/** `GET /openapi.json`. */
export function openApiRoutes(os: OsSpec): Routes {
  const body = document(os)
  return { 'GET /openapi.json': () => ({ status: 200, body }) }
}

function document(os: OsSpec): Schema {
  const kinds = KINDS.filter((kind) => os.components.some((component) => component.kind === kind))
  return {
    openapi: '3.1.0',
    info: { title: os.id, description: os.description, version: AGNO_VERSION },
    paths: {
      ...Object.assign({}, ...kinds.map(pathsOf)),
      '/config': get('Core', 'Get OS Configuration', 'get_config'),
      '/models': get('Core', 'Get Available Models', 'get_models'),
      '/sessions': get('Sessions', 'List Sessions', 'get_sessions', [
        query('type'),
        query('db_id'),
      ]),
      '/memories': get('Memory', 'List Memories', 'get_memories', [query('user_id')]),
    },
  }
}

function pathsOf(kind: Kind): Schema {
  const title = kind.charAt(0).toUpperCase() + kind.slice(1)
  const tag = `${title}s`
  const id = pathParameter(`${kind}_id`)
  const one = `/${kind}s/{${kind}_id}`
  const run = [id, pathParameter('run_id')]
  return {
    [`/${kind}s`]: get(tag, `List All ${tag}`, `get_${kind}s`),
    [one]: get(tag, `Get ${title} Details`, `get_${kind}`, [id]),
    [`${one}/runs`]: {
      post: {
        ...operation(tag, `Create ${title} Run`, `create_${kind}_run`, [id]),
        requestBody: { required: true, content: form(RUN_FIELDS, ['message']) },
      },
    },
    [`${one}/runs/{run_id}`]: get(tag, `Get ${title} Run`, `get_${kind}_run`, [
      ...run,
      query('session_id'),
    ]),
    [`${one}/runs/{run_id}/cancel`]: {
      post: operation(tag, `Cancel ${title} Run`, `cancel_${kind}_run`, run),
    },
  }
}

function get(tag: string, summary: string, operationId: string, parameters: Schema[] = []): Schema {
  return { get: operation(tag, summary, operationId, parameters) }
}

function operation(tag: string, summary: string, operationId: string, parameters: Schema[]) {
  return { tags: [tag], summary, operationId, parameters, responses: ANSWER }
}

function pathParameter(name: string): Schema {
  return { name, in: 'path', required: true, schema: TEXT }
}

function query(name: string): Schema {
  return { name, in: 'query', required: false, schema: TEXT }
}

function form(properties: Readonly<Record<string, Schema>>, required: string[]): Schema {
  const schema = { type: 'object', properties, required }
  return { 'application/x-www-form-urlencoded': { schema } }
}

function json(schema: Schema): Schema {
  return { 'application/json': { schema } }
}
