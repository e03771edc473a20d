/** The remotes, for TypeScript programs that talk to an AgentOS without running the gateway. */

export type { StopReason } from './compose/composed-run.ts'
export type {
  Block,
  BlockLike,
  EndCondition,
  Evaluator,
  Selector,
  StepFunction,
  StepView,
} from './compose/definition.ts'
export { condition, loop, parallel, router, step, steps } from './compose/definition.ts'
export type { Journal, JournalValue } from './compose/journal.ts'
export type { ComposedEvent, Member, MemberOutput } from './compose/member.ts'
export type { StepOutput } from './compose/output.ts'
export type { WorkflowOptions } from './compose/workflow.ts'
export { Workflow, WorkflowDefinitionError } from './compose/workflow.ts'
export type { ErrorCode, ErrorDetail, ErrorKind } from './errors.ts'
export { ERRORS, GatewayError } from './errors.ts'
export type { CallOptions } from './remote/agentos-api.ts'
export { AgentOSError } from './remote/agentos-error.ts'
export type { RemoteOptions } from './remote/base-remote.ts'
export type { RunStream } from './remote/component-remote.ts'
export type * from './remote/db-types.ts'
export type { ServerSentEvent } from './remote/event-stream-parser.ts'
export type { FileMedia, Media } from './remote/media.ts'
export type { AgentConfig, RemoteAgentOptions } from './remote/remote-agent.ts'
export { RemoteAgent } from './remote/remote-agent.ts'
export { RemoteDb } from './remote/remote-db.ts'
export type {
  ContentDescription,
  KnowledgeConfig,
  KnowledgeContent,
  KnowledgeContentStatus,
  KnowledgeSearchResult,
  SearchKnowledgeOptions,
  UploadContentOptions,
} from './remote/remote-knowledge.ts'
export { RemoteKnowledge } from './remote/remote-knowledge.ts'
export type { RemoteTeamOptions, TeamConfig } from './remote/remote-team.ts'
export { RemoteTeam } from './remote/remote-team.ts'
export type { RemoteWorkflowOptions, WorkflowConfig } from './remote/remote-workflow.ts'
export { RemoteWorkflow } from './remote/remote-workflow.ts'
export type {
  EventBase,
  RunEvent,
  TeamRunEvent,
  UnknownEvent,
  WorkflowRunEvent,
} from './remote/run-events.ts'
export { rawEvent } from './remote/run-events.ts'
export type * from './remote/run-types.ts'
