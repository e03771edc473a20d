/** Route table rows of registry, queue, service accounts and files of agents. */
import type { Row } from './row.ts'
import { FIRST, findAt, REFUSE } from './row.ts'

const account = ['service account', 'service_account_id'] as const
const job = ['job', 'job_id'] as const
const JOB = '/queue/jobs/:job_id'
const FILES = {
  by: ['path'],
  direction: 'asc',
  isSortable: true,
  aliases: { size: 'size_bytes' },
} as const

/** @see AgentOS `agno/os/routers/registry`, `service_accounts`, `job_queue`, `filesystem` */
export const OPERATIONS: readonly Row[] = [
  {
    method: 'GET',
    path: '/registry',
    scope: 'upstreams',
    whenAmbiguous: {
      strategy: 'page',
      limit: 20,
      maxLimit: 100,
      order: { by: ['type', 'name'], direction: 'asc' },
      isTyped: true,
    },
  },
  {
    method: 'GET',
    path: '/service-accounts',
    scope: 'systems',
    idsInResponse: ['service account', 'id'],
    whenAmbiguous: {
      strategy: 'page',
      limit: 20,
      maxLimit: 100,
      order: { by: ['created_at'], isSortable: true },
    },
  },
  { method: 'POST', path: '/service-accounts', scope: 'systems', whenAmbiguous: REFUSE },
  {
    method: 'DELETE',
    path: '/service-accounts/:service_account_id',
    scope: 'systems',
    id: account,
    // Ids are unique and revoking is idempotent: an AgentOS without the account answers 404.
    whenAmbiguous: FIRST,
  },
  // Only an AgentOS with the queue switched off answers `/queue` itself.
  { method: 'GET', path: '/queue', scope: 'systems', whenAmbiguous: FIRST },
  { method: 'PUT', path: '/queue', scope: 'systems', whenAmbiguous: REFUSE },
  { method: 'POST', path: '/queue', scope: 'systems', whenAmbiguous: REFUSE },
  { method: 'DELETE', path: '/queue', scope: 'systems', whenAmbiguous: REFUSE },
  { method: 'PATCH', path: '/queue', scope: 'systems', whenAmbiguous: REFUSE },
  {
    method: 'GET',
    path: '/queue/jobs',
    scope: 'systems',
    idsInResponse: ['job', 'id'],
    whenAmbiguous: {
      strategy: 'page',
      limit: 20,
      maxLimit: 1_000,
      order: { by: ['created_at'], isSortable: true },
    },
  },
  { method: 'GET', path: JOB, scope: 'systems', id: job, whenAmbiguous: FIRST },
  { method: 'POST', path: `${JOB}/requeue`, scope: 'systems', id: job, whenAmbiguous: findAt(JOB) },
  {
    method: 'GET',
    path: '/queue/stats',
    scope: 'systems',
    whenAmbiguous: { strategy: 'sum', operation: 'stats' },
  },
  {
    method: 'GET',
    path: '/filesystem/files',
    scope: 'upstreams',
    whenAmbiguous: { strategy: 'page', member: 'entries', limit: 50, maxLimit: 100, order: FILES },
  },
  {
    method: 'GET',
    path: '/filesystem/entries',
    scope: 'upstreams',
    whenAmbiguous: FIRST,
  },
  { method: 'GET', path: '/filesystem/content', scope: 'upstreams', whenAmbiguous: FIRST },
  { method: 'GET', path: '/filesystem/search', scope: 'upstreams', whenAmbiguous: FIRST },
]
