/** Options of a block that asks its caller: for a confirmation, and for values. */

/** Asks the caller before a block runs. */
export interface Confirmation {
  /** The question. Default: the block runs without one. */
  readonly confirm?: string | undefined
  /**
   * Effect of a rejection: it ends the workflow, leaves the block out, runs the other branch of a condition, or runs the
   * block with the caller's words. Default `cancel`.
   */
  readonly onReject?: 'cancel' | 'skip' | 'else' | 'retry' | undefined
  /** How long the answer may take, in milliseconds; 0 for any time. Looked at when the run is continued. Default 0. */
  readonly confirmTimeoutMs?: number | undefined
  /** Effect of a late answer. Default `cancel`. */
  readonly onTimeout?: 'cancel' | 'skip' | 'approve' | undefined
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
