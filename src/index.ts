/** Entry of the published package: the client of an AgentOS, and workflows composed of its components. */
export * from './client/index.ts'
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
