/** What `/docs` and `/openapi.json` say of the gateway itself. */
import { JSON_MARK } from '../src/merge/openapi.ts'

/** An answer as AgentOS's documents describe one. */
const answer = (description: string, properties: Record<string, object>) => ({
  '200': {
    description,
    content: { 'application/json': { schema: { type: 'object', properties } } },
  },
})

const text = { type: 'string' }

/** What the gateway answers whether or not an upstream's document has it. */
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
      summary: 'The gateway is up',
      operationId: 'get_gateway_health',
      responses: answer('It is', { status: text, instantiated_at: text }),
    },
  },
  '/info': {
    get: {
      tags: ['Gateway'],
      summary: 'What stands behind the gateway, as one AgentOS',
      operationId: 'get_gateway_info',
      responses: answer('The sum of all upstreams', { os_id: text, agno_version: text }),
    },
  },
} as const

/** The page: Swagger UI, which AgentOS shows too, from this server alone. */
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
 * Starts Swagger UI with the document that stands beside the page. Bodies that are taken as JSON too are offered so, which is
 * easier to write than a form.
 */
export function docsScript(): string {
  return `fetch('openapi.json').then((answer) => answer.json()).then((spec) => {
  for (const item of Object.values(spec.paths)) {
    for (const { requestBody } of Object.values(item)) {
      if (!requestBody?.['${JSON_MARK}']) continue
      const [form] = Object.values(requestBody.content)
      requestBody.content['application/json'] ??= form
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
