/**
 * Route table rows of `/knowledge`.
 *
 * @see AgentOS `agno/os/routers/knowledge`
 */
import type { Row } from './row.ts'
import { FIRST, findAt, REFUSE } from './row.ts'

const scope = 'knowledge'
const id = ['content', 'content_id'] as const
const HERE = findAt('/knowledge/content/:content_id')

export const KNOWLEDGE: readonly Row[] = [
  { method: 'GET', path: '/knowledge/config', scope, whenAmbiguous: REFUSE },
  {
    method: 'GET',
    path: '/knowledge/content',
    scope,
    idsInResponse: ['content', 'id'],
    whenAmbiguous: { strategy: 'page', limit: 20, order: { by: ['created_at'], isSortable: true } },
  },
  {
    method: 'POST',
    path: '/knowledge/content',
    scope,
    idsInResponse: ['content', 'id'],
    whenAmbiguous: REFUSE,
  },
  { method: 'DELETE', path: '/knowledge/content', scope, whenAmbiguous: REFUSE },
  { method: 'GET', path: '/knowledge/content/:content_id', scope, id, whenAmbiguous: FIRST },
  { method: 'PATCH', path: '/knowledge/content/:content_id', scope, id, whenAmbiguous: HERE },
  { method: 'DELETE', path: '/knowledge/content/:content_id', scope, id, whenAmbiguous: HERE },
  {
    method: 'POST',
    path: '/knowledge/content/:content_id/refresh',
    scope,
    id,
    whenAmbiguous: HERE,
  },
  { method: 'GET', path: '/knowledge/content/:content_id/status', scope, id, whenAmbiguous: HERE },
  { method: 'POST', path: '/knowledge/remote-content', scope, whenAmbiguous: REFUSE },
  { method: 'POST', path: '/knowledge/search', scope, whenAmbiguous: REFUSE },
  { method: 'GET', path: '/knowledge/:knowledge_id/sources', scope, whenAmbiguous: FIRST },
  {
    method: 'GET',
    path: '/knowledge/:knowledge_id/sources/:source_id/files',
    scope,
    whenAmbiguous: FIRST,
  },
]
