/** Random JSON bodies made of the names and words that the faces read. */
import fc from 'fast-check'

const NAMES = [
  ...['model', 'messages', 'input', 'role', 'content', 'type', 'text', 'tool_call_id', 'tools'],
  ...['image_url', 'url', 'file', 'file_data', 'input_audio', 'data', 'format', 'stream', 'n'],
  ...['metadata', 'session_id', 'response_format', 'json_schema', 'schema', 'tool_choice', 'user'],
  ...['previous_response_id', 'conversation', 'id', 'call_id', 'output', 'approve', 'background'],
  ...['threadId', 'runId', 'resume', 'interruptId', 'payload', 'status', 'state', 'context'],
  ...[
    'message',
    'parts',
    'kind',
    'raw',
    'bytes',
    'uri',
    'messageId',
    'contextId',
    'taskId',
    'params',
  ],
  ...['configuration', 'historyLength', 'pageSize', 'pageToken', 'acceptedOutputModes', 'answers'],
  ...['toolCallId', 'source', 'value', 'mimeType', 'protocolVersion', 'description', '__proto__'],
]
const WORDS = [
  ...['user', 'assistant', 'system', 'tool', 'text', 'image_url', 'file', 'input_audio', 'message'],
  ...['function_call_output', 'mcp_approval_response', 'json_schema', 'binary', 'image', '1.0', ''],
  ...['data:image/png;base64,AA==', 'http://x', 'call_WyJhIl0', 'resp_x', '{"accepted":true}'],
  ...['ROLE_USER', 'data', 's-1.r1', 's-1', 'agent/echo', 'echo', '\ud800', '~YQ.x', '../x', '%2f'],
  ...['constructor', '__proto__', 'x.constructor', 'toString'],
]

export const { body } = fc.letrec((tie) => ({
  body: fc.dictionary(fc.constantFrom(...NAMES), tie('value'), { maxKeys: 12 }),
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom<unknown>(...WORDS, null, true, false, 0, 1, -1, 1e9),
    fc.string(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie('value'), { maxKeys: 8 }),
  ),
}))
