/** `/knowledge`. @see AgentOS `agno/os/routers/knowledge` */
import type { Row } from './row.ts'
import { FIRST, findAt, REFUSE } from './row.ts'

const scope = 'knowledge'
const id = ['content', 'content_id'] as const
const HERE = findAt('/knowledge/content/:content_id')

export const KNOWLEDGE: readonly Row[] = [
  { method: 'GET', path: '/knowledge/config', scope, ambiguous: REFUSE },
  {
    method: 'GET',
    path: '/knowledge/content',
    scope,
    shows: ['content', 'id'],
    ambiguous: { do: 'page', limit: 20, order: { by: ['created_at'], isChosen: true } },
  },
  {
    method: 'POST',
    path: '/knowledge/content',
    scope,
    shows: ['content', 'id'],
    ambiguous: REFUSE,
  },
  { method: 'DELETE', path: '/knowledge/content', scope, ambiguous: REFUSE },
  { method: 'GET', path: '/knowledge/content/:content_id', scope, id, ambiguous: FIRST },
  { method: 'PATCH', path: '/knowledge/content/:content_id', scope, id, ambiguous: HERE },
  { method: 'DELETE', path: '/knowledge/content/:content_id', scope, id, ambiguous: HERE },
  { method: 'POST', path: '/knowledge/content/:content_id/refresh', scope, id, ambiguous: HERE },
  { method: 'GET', path: '/knowledge/content/:content_id/status', scope, id, ambiguous: HERE },
  { method: 'POST', path: '/knowledge/remote-content', scope, ambiguous: REFUSE },
  { method: 'POST', path: '/knowledge/search', scope, ambiguous: REFUSE },
  { method: 'GET', path: '/knowledge/:knowledge_id/sources', scope, ambiguous: FIRST },
  {
    method: 'GET',
    path: '/knowledge/:knowledge_id/sources/:source_id/files',
    scope,
    ambiguous: FIRST,
  },
]
