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
 * to write than a form.
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
