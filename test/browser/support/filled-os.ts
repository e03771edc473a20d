/** A fake AgentOS with one of everything that the page Data and the inbox show. */
import type { Script } from './scripted-os.ts'
import { pageOf } from './scripted-os.ts'

const AT = '2026-09-01T10:00:00Z'
const OWNER = { agent_id: 'one', user_id: 'ada@example.com' }
const TOOL = { tool_name: 'send_mail', tool_args: { to: 'cfo@example.com', subject: 'Report' } }

const SPAN = {
  id: 'span-1',
  name: 'Model',
  type: 'LLM',
  duration: '1.2s',
  status: 'OK',
  start_time: AT,
  end_time: '2026-09-01T10:00:01Z',
  input: 'How was the quarter?',
  output: 'Good.',
}

const TRACE = {
  trace_id: 't',
  name: 'One',
  status: 'OK',
  duration: '2.4s',
  total_spans: 2,
  error_count: 0,
  start_time: AT,
  run_id: 'r',
  session_id: 's',
  input: 'How was the quarter?',
}

const SESSION = { session_id: 's', session_name: 'Quarter', session_type: 'agent', ...OWNER }

const APPROVAL = {
  id: 'a',
  run_id: 'r',
  session_id: 's',
  ...OWNER,
  ...TOOL,
  created_at: 1_788_000_000,
}

const RUN = {
  run_id: 'r',
  status: 'COMPLETED',
  run_input: 'How was the quarter?',
  content:
    'It was **good**.\n\n| region | growth |\n|---|---|\n| north | 3 % |\n\n[source](https://example.com)',
  created_at: AT,
}

const EVAL = {
  id: 'e',
  name: 'Accuracy of answers',
  eval_type: 'accuracy',
  created_at: AT,
  ...OWNER,
}

export const FILLED: Script = {
  '/sessions': pageOf([{ ...SESSION, total_tokens: 1_500, updated_at: AT }]),
  '/sessions/s': { ...SESSION, created_at: AT, session_state: { step: 1 } },
  '/sessions/s/runs': [RUN],
  '/memories': pageOf([
    { memory_id: 'm', memory: 'Ada likes tables.', topics: ['style'], updated_at: AT, ...OWNER },
  ]),
  '/knowledge/content': pageOf([
    { id: 'k', name: 'Handbook', type: 'PDF', size: '20480', status: 'completed', updated_at: AT },
    { id: 'l', name: 'Letter', type: 'Text', size: '0', status: 'failed', updated_at: AT },
  ]),
  '/traces': pageOf([TRACE, { ...TRACE, trace_id: 'u', status: 'ERROR', error_count: 1 }]),
  '/traces/t': { ...TRACE, tree: [{ ...SPAN, id: 'span-0', type: 'AGENT', spans: [SPAN] }] },
  '/eval-runs': pageOf([{ ...EVAL, model_id: 'gpt-4o', eval_data: { avg_score: 9 } }]),
  '/approvals': pageOf([
    { ...APPROVAL, status: 'pending' },
    { ...APPROVAL, id: 'b', status: 'approved', resolved_by: 'bob' },
    { ...APPROVAL, id: 'c', status: 'expired' },
  ]),
  '/approvals/count': { count: 1 },
}
