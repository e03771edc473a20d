/** Documents about an upstream among what is passed through: agent cards, OpenAPI documents and the pages that show them. */
import type { FastifyRequest } from 'fastify'
import { docsPageBelow, documentNames, openApiBelow } from '../src/merge/upstream-documents.ts'
import { withoutEndSlashes } from '../src/parameters/path.ts'
import { addressesFor } from '../src/relay/public-address.ts'
import type { ResponseTransform } from '../src/relay/response-transformer.ts'
import type { Upstream } from '../src/upstream/upstream.ts'

const AGENT_CARD = /\/\.well-known\/agent(?:-card)?\.json$/
const WELL_KNOWN = /\/\.well-known\//
const OPEN_API = /\/openapi\.json$/
const DOCS_PAGE = /\/(?:docs|redoc)(?:\/[^/]*)?$/

/**
 * Makes a document about an upstream point at the gateway. Anything else passes untouched.
 *
 * @param fullPath on the upstream, without the query
 * @param prefix under which the upstream's paths are reached; empty where they are the same at the gateway
 */
export function documentTransform(
  request: FastifyRequest,
  upstream: Upstream,
  fullPath: string,
  prefix: string,
): { readonly transform?: ResponseTransform } {
  const path = withoutEndSlashes(fullPath)
  if (request.method !== 'GET' && request.method !== 'HEAD') return {}
  if (WELL_KNOWN.test(path)) {
    const addresses = addressesFor(request, upstream, prefix)
    return { transform: { rename: { names: documentNames(addresses, AGENT_CARD.test(path)) } } }
  }
  if (prefix === '') return {}
  if (!OPEN_API.test(path) && !DOCS_PAGE.test(path)) return {}
  const addresses = addressesFor(request, upstream, prefix)
  const rewrite = (text: string, isHtml: boolean) =>
    isHtml ? docsPageBelow(text, addresses) : openApiBelow(text, prefix, addresses)
  return { transform: { rewrite } }
}
