/** Rewrites documents about an upstream on their way: agent cards, OpenAPI documents and the pages that show them. */
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
 * Rewrites a document about an upstream to the gateway's addresses. Any other answer passes unchanged.
 *
 * @param fullPath path on the upstream, without the query
 * @param prefix prefix of the upstream's paths at the gateway; empty if they are equal
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
  const rewrite = (body: Buffer, isHtml: boolean) =>
    isHtml
      ? Buffer.from(docsPageBelow(body.toString('utf8'), addresses))
      : openApiBelow(body, prefix, addresses)
  return { transform: { rewrite } }
}
