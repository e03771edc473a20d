/** Defines the blocks of a workflow with Agno's names, and the functions that create them. Contains no run state. */
import type { Expression } from './cel.ts'
import { compileExpression } from './cel.ts'
import type {
  Confirmation,
  ErrorDecision,
  OutputReview,
  RouteQuestion,
  UserInput,
} from './human-review.ts'
import type { Member } from './member.ts'
import { isMember } from './member.ts'
import type { StepOutput } from './output.ts'

/** Argument of a function in a workflow. */
export interface StepView {
  /** The workflow's input. */
  readonly input: unknown
  /** Content of the previous step; for the first step, the workflow's input. */
  readonly previousStepContent: unknown
  /** Text of every finished step by name. */
  readonly previousStepOutputs: Readonly<Record<string, string>>
  readonly additionalData: Readonly<Record<string, unknown>>
  /** Shared by all steps. A parallel branch gets a copy, which is merged when the branch ends. */
  readonly sessionState: Record<string, unknown>
  /** Aborted when the run is cancelled or exceeds its time limit. */
  readonly signal: AbortSignal
}

/** A step in code. It returns its content, or content and `stop: true` to end the workflow. */
export type StepFunction = (view: StepView) => unknown

/** Decides a condition. */
export type Evaluator = (view: StepView) => boolean | Promise<boolean>
/** Returns the name or names of a router's choices. */
export type Selector = (
  view: StepView,
) => string | readonly string[] | Promise<string | readonly string[]>
/** Ends a loop. */
export type EndCondition = (
  results: readonly StepOutput[],
  iteration: number,
) => boolean | Promise<boolean>

interface BlockBase extends Confirmation {
  /** Unique within the workflow. */
  readonly name: string
  /** A failure of this block does not fail the block around it. Default false. */
  readonly optional?: boolean | undefined
}

/** Session of a member: `own` derives an id from the composed run's session, `shared` uses that session itself. */
export type SessionMode = 'own' | 'shared'

/** One run of a member, or one call of a function. */
export interface StepBlock extends BlockBase, OutputReview, ErrorDecision {
  readonly type: 'Step'
  readonly executor: Member | StepFunction
  /** Template of the input; see template.ts. Default: content of the previous step. */
  readonly input?: string | undefined
  /** Number of retries after a failure. With a value above 0 the step may have its effects twice. Default 0. */
  readonly retries?: number | undefined
  /** Longest run in milliseconds; 0 for none. Default 0. */
  readonly timeoutMs?: number | undefined
  /** Default `own`. */
  readonly session?: SessionMode | undefined
  /** Values that the caller gives before the step runs. They follow the input, or fill its template. */
  readonly userInput?: UserInput | undefined
}

/** Blocks that run in order. */
export interface StepsBlock extends BlockBase {
  readonly type: 'Steps'
  readonly steps: readonly Block[]
}

/** Blocks that run in parallel. */
export interface ParallelBlock extends BlockBase {
  readonly type: 'Parallel'
  readonly steps: readonly Block[]
  /** Largest number of concurrent branches. Default all. */
  readonly limit?: number | undefined
  /**
   * After the failure of a required branch: `cancel` stops the other branches, `wait` lets them finish. Default
   * `cancel`.
   */
  readonly onFailure?: 'cancel' | 'wait' | undefined
}

/** One of two sequences. */
export interface ConditionBlock extends BlockBase {
  readonly type: 'Condition'
  readonly evaluator: Expression | Evaluator
  readonly isExpression: boolean
  readonly steps: readonly Block[]
  readonly elseSteps: readonly Block[]
}

/** A repeated sequence. With `review`, the caller decides after each iteration whether another one follows. */
export interface LoopBlock extends BlockBase, OutputReview {
  readonly type: 'Loop'
  readonly steps: readonly Block[]
  /** Default 3. */
  readonly maxIterations: number
  readonly endCondition?: Expression | EndCondition | undefined
  readonly isExpression: boolean
  /** The next iteration starts with the content of the previous one. Default false, as in Agno. */
  readonly forwardIterationOutput?: boolean | undefined
}

/** Selected blocks, run in order. */
export interface RouterBlock extends BlockBase, OutputReview {
  readonly type: 'Router'
  readonly choices: readonly Block[]
  readonly selector: Expression | Selector | RouteQuestion
  readonly isExpression: boolean
}

/** A part of a workflow. */
export type Block =
  | StepBlock
  | StepsBlock
  | ParallelBlock
  | ConditionBlock
  | LoopBlock
  | RouterBlock

/** Values that {@link toBlock} accepts. */
export type BlockLike = Block | Member | StepFunction

/** Options of every block. */
export type BlockOptions = Omit<BlockBase, 'name'>
/** Options of a loop and of a router. */
export type ReviewedOptions = BlockOptions & OutputReview

type Options<Of extends Block, Made extends keyof Of> = Partial<
  Omit<Of, 'type' | 'name' | 'isExpression' | Made>
>

/** A step that runs a member or a function. */
export function step(
  name: string,
  executor: Member | StepFunction,
  options: Options<StepBlock, 'executor'> = {},
): StepBlock {
  return { ...options, type: 'Step', name, executor }
}

/** Runs blocks in order, under one name. */
export function steps(
  name: string,
  list: readonly BlockLike[],
  options: BlockOptions = {},
): StepsBlock {
  return { ...options, type: 'Steps', name, steps: list.map(toBlock) }
}

/** Runs blocks in parallel. Results are in the order of the list. */
export function parallel(
  name: string,
  list: readonly BlockLike[],
  options: Options<ParallelBlock, 'steps'> = {},
): ParallelBlock {
  return { ...options, type: 'Parallel', name, steps: list.map(toBlock) }
}

/**
 * Runs `then` if the evaluator (a function or CEL) returns true, otherwise `otherwise`.
 *
 * @throws {ExpressionError} when the text is not valid CEL
 */
export function condition(
  name: string,
  evaluator: string | Evaluator,
  then: readonly BlockLike[],
  otherwise: readonly BlockLike[] = [],
  options: BlockOptions = {},
): ConditionBlock {
  const isExpression = typeof evaluator === 'string'
  return {
    ...options,
    type: 'Condition',
    name,
    evaluator: isExpression ? compileExpression(evaluator, 'condition') : evaluator,
    isExpression,
    steps: then.map(toBlock),
    elseSteps: otherwise.map(toBlock),
  }
}

/** @throws {ExpressionError} when `until` is no CEL */
export function loop(
  name: string,
  list: readonly BlockLike[],
  options: ReviewedOptions & {
    readonly until?: string | EndCondition | undefined
    readonly maxIterations?: number | undefined
    readonly forwardIterationOutput?: boolean | undefined
  } = {},
): LoopBlock {
  const { until, maxIterations = 3, ...rest } = options
  const isExpression = typeof until === 'string'
  const endCondition = isExpression ? compileExpression(until, 'loop') : until
  return {
    ...rest,
    type: 'Loop',
    name,
    steps: list.map(toBlock),
    maxIterations,
    endCondition,
    isExpression,
  }
}

/**
 * Runs the choices that the selector names: a function, CEL, or a question to the caller.
 *
 * @throws {ExpressionError} when the selector is text and no CEL
 */
export function router(
  name: string,
  choices: readonly BlockLike[],
  selector: string | Selector | RouteQuestion,
  options: ReviewedOptions = {},
): RouterBlock {
  const isExpression = typeof selector === 'string'
  return {
    ...options,
    type: 'Router',
    name,
    choices: choices.map(toBlock),
    selector: isExpression ? compileExpression(selector, 'router') : selector,
    isExpression,
  }
}

/** Turns a member or a function into a step of its name. */
export function toBlock(like: BlockLike): Block {
  if (typeof like === 'function') return step(like.name || 'step', like)
  if (isMember(like)) return step(like.name, like)
  return like
}

/** Children of a block. */
function childrenOf(block: Block): readonly Block[] {
  if (block.type === 'Step') return []
  if (block.type === 'Router') return block.choices
  return block.type === 'Condition' ? [...block.steps, ...block.elseSteps] : block.steps
}

/** Every block of a list and its descendants, in document order. */
export function* allBlocks(list: readonly Block[]): Generator<Block, void, undefined> {
  for (const block of list) {
    yield block
    yield* allBlocks(childrenOf(block))
  }
}
