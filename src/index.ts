/** Exports the public API of the package: the AgentOS client, and workflows composed of its components. */

export * from './client/index.ts'
export { RunNotPaused, UnknownRun } from './compose/composed-component.ts'
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
export type {
  Confirmation,
  ErrorDecision,
  OutputReview,
  RouteQuestion,
  UserInput,
  UserInputField,
} from './compose/human-review.ts'
export type { Journal, JournalValue } from './compose/journal.ts'
export type {
  Leader,
  LeaderMessage,
  LeaderRequest,
  LeaderTool,
  LeaderTurn,
} from './compose/leader.ts'
export type { ComposedEvent, Member, MemberOutput } from './compose/member.ts'
export type { OpenAiLeaderOptions } from './compose/openai-leader.ts'
export { OpenAiLeader } from './compose/openai-leader.ts'
export type { StepOutput } from './compose/output.ts'
export type { TeamOptions } from './compose/team.ts'
export { Team, TeamDefinitionError } from './compose/team.ts'
export type { TeamMember, TeamMode } from './compose/team-member.ts'
export type { WorkflowOptions } from './compose/workflow.ts'
export { Workflow, WorkflowDefinitionError } from './compose/workflow.ts'
