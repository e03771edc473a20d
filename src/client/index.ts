/** Exports the client of an AgentOS, for TypeScript programs that do not run the gateway. */
export type { ErrorCode, ErrorDetail, ErrorKind } from '../errors.ts'
export { ERRORS, GatewayError } from '../errors.ts'
export type { ServerSentEvent } from '../relay/event-stream-parser.ts'
export type { CallOptions } from './agentos-api.ts'
export { AgentOSError } from './agentos-error.ts'
export type { RunStream } from './component-remote.ts'
export type * from './db-types.ts'
export type { FileMedia, Media } from './media.ts'
export type { AgentConfig } from './model-remote.ts'
export type { RemoteAgentOptions } from './remote-agent.ts'
export { RemoteAgent } from './remote-agent.ts'
export { RemoteDb } from './remote-db.ts'
export type {
  ContentDescription,
  KnowledgeConfig,
  KnowledgeContent,
  KnowledgeContentStatus,
  KnowledgeSearchResult,
  SearchKnowledgeOptions,
  UploadContentOptions,
} from './remote-knowledge.ts'
export { RemoteKnowledge } from './remote-knowledge.ts'
export type { RemoteTeamOptions, TeamConfig } from './remote-team.ts'
export { RemoteTeam } from './remote-team.ts'
export type { RemoteWorkflowOptions, WorkflowConfig } from './remote-workflow.ts'
export { RemoteWorkflow } from './remote-workflow.ts'
export type {
  EventBase,
  RunEvent,
  TeamRunEvent,
  UnknownEvent,
  WorkflowRunEvent,
} from './run-events.ts'
export { rawEvent } from './run-events.ts'
export type * from './run-types.ts'
export type { RemoteOptions } from './standalone.ts'
