/** Options of a block that asks its caller: for a confirmation, values, a route, or a review of the output. */

/** Asks the caller before a block runs. */
export interface Confirmation {
  /** The question. Default: the block runs without one. */
  readonly confirm?: string | undefined
  /**
   * Effect of a rejection, also of an output: it ends the workflow, leaves the block out, runs the other branch of a
   * condition, or runs the block with the caller's feedback. Default `cancel`.
   */
  readonly onReject?: 'cancel' | 'skip' | 'else' | 'retry' | undefined
  /** How long the answer may take, in milliseconds; 0 for any time. Looked at when the run is continued. Default 0. */
  readonly confirmTimeoutMs?: number | undefined
  /** Effect of a late answer. Default `cancel`. */
  readonly onTimeout?: 'cancel' | 'skip' | 'approve' | undefined
}

/** Lets the caller review the output of a block. */
export interface OutputReview {
  /** The question. The caller accepts the output, changes it, or rejects it. Default: no review. */
  readonly review?: string | undefined
}

/** Lets the caller decide on a failed step. */
export interface ErrorDecision {
  /**
   * `fail`: the step fails, and with it the blocks around it. `pause`: the run pauses, and the caller runs the step again
   * or leaves it out. Default `fail`.
   */
  readonly onError?: 'fail' | 'pause' | undefined
}

/** Lets the caller choose the route of a router. */
export interface RouteQuestion {
  /** The question. */
  readonly choose: string
  /** The caller may choose several routes, which run in the order of the answer. Default false. */
  readonly allowMultipleSelections?: boolean | undefined
}

/** A value that the caller fills in. */
export interface UserInputField {
  readonly name: string
  /** Default `str`. */
  readonly type?: 'str' | 'int' | 'float' | 'bool' | 'list' | 'dict' | undefined
  readonly description?: string | undefined
  /** Default true. */
  readonly required?: boolean | undefined
  /** Default: any value. */
  readonly allowed?: readonly unknown[] | undefined
}

/** Values that a step needs from the caller. */
export interface UserInput {
  readonly message?: string | undefined
  readonly fields: readonly UserInputField[]
}
