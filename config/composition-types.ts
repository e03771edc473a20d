/** Types of composed teams and workflows, with references resolved to public ids. */
import type { ComponentKind } from './component-kind.ts'
import type { TlsConfig } from './tls-types.ts'

/** All composed components and the composer's settings. */
export interface CompositionConfig {
  readonly teams: readonly ComposedTeamConfig[]
  readonly workflows: readonly ComposedWorkflowConfig[]
  readonly composer: ComposerConfig
  /** All CEL expressions; the composer checks them. */
  readonly expressions: readonly ExpressionConfig[]
}

/** Settings of the composer process. */
export interface ComposerConfig {
  /** Where sessions and runs are stored. Default: the SQLite file `./data/composer.db`. */
  readonly database: DatabaseConfig
  /** Retention of finished runs and their sessions. Default 30 days. */
  readonly keepMs: number
  /** URL at which the composer calls members. Default: the gateway on the same host, over loopback. */
  readonly gatewayUrl: string | undefined
  /** TLS of the connection to that URL. */
  readonly gatewayTls: TlsConfig | undefined
}

/** A database of the composer. */
export type DatabaseConfig =
  /** `:memory:` keeps nothing. */
  | { readonly kind: 'sqlite'; readonly file: string }
  /** The URL may contain a password. */
  | { readonly kind: 'postgres'; readonly url: string }

/** A model that leads teams. */
export interface ModelConfig {
  readonly baseUrl: string
  readonly model: string
  /** Secret. */
  readonly apiKey: string | undefined
  readonly provider: string
  readonly timeoutMs: number
  readonly retries: number
}

/** One member of a composed team. */
export interface TeamMemberConfig {
  readonly ref: MemberRef
  readonly when: string | undefined
  /** 0 for none, the default. */
  readonly timeoutMs: number
  readonly session: 'own' | 'shared'
  readonly input: 'task' | 'message'
}

/** One composed team. */
export interface ComposedTeamConfig {
  readonly id: string
  readonly name: string | undefined
  readonly description: string | undefined
  readonly mode: 'coordinate' | 'route' | 'broadcast' | 'tasks'
  readonly model: ModelConfig
  readonly instructions: string | undefined
  readonly members: readonly TeamMemberConfig[]
  readonly addHistoryToContext: boolean
  readonly numHistoryRuns: number
  readonly shareMemberInteractions: boolean
  readonly maxTurns: number
  readonly maxIterations: number
  readonly streamMemberEvents: boolean
  readonly storeMemberResponses: boolean
  readonly maxParallel: number
  /** 0 for none, the default. */
  readonly deadlineMs: number
}

/** One composed workflow. */
export interface ComposedWorkflowConfig {
  readonly id: string
  readonly name: string | undefined
  readonly description: string | undefined
  /** 0 for none, the default. */
  readonly deadlineMs: number
  readonly steps: readonly StepConfig[]
}

/** A component that a composition runs, by its public id. */
export interface MemberRef {
  readonly kind: ComponentKind
  readonly id: string
  /** Name of the upstream, if the reference contains one. */
  readonly upstream: string | undefined
  /** Keys and indices of the reference from the top of the file. */
  readonly path: readonly PropertyKey[]
}

/** Asks the caller before a step runs, or about its output. */
export interface ReviewConfig {
  readonly confirm: string | undefined
  readonly review: string | undefined
  readonly onReject: 'cancel' | 'skip' | 'else' | 'retry'
  /** 0 for any time, the default. */
  readonly confirmTimeoutMs: number
  readonly onTimeout: 'cancel' | 'skip' | 'approve'
}

/** Values that a step needs from its caller. */
export interface UserInputConfig {
  readonly message?: string | undefined
  readonly fields: readonly {
    readonly name: string
    readonly type: 'str' | 'int' | 'float' | 'bool' | 'list' | 'dict'
    readonly description?: string | undefined
    readonly required: boolean
    readonly allowed?: readonly string[] | undefined
  }[]
}

/** The caller chooses the route. */
export interface RouteQuestionConfig {
  readonly choose: string
  readonly allowMultipleSelections: boolean
}

interface StepBase extends Partial<ReviewConfig> {
  readonly name: string
  readonly optional: boolean
}

/** A block of a workflow, with the keys of the file in camelCase. */
export type StepConfig = StepBase &
  (
    | {
        readonly type: 'Step'
        readonly member: MemberRef
        readonly input: string | undefined
        readonly retries: number
        readonly timeoutMs: number
        readonly session: 'own' | 'shared'
        readonly userInput?: UserInputConfig | undefined
        /** Set where the caller decides on a failure. */
        readonly onError?: 'pause' | undefined
      }
    | { readonly type: 'Steps'; readonly steps: readonly StepConfig[] }
    | {
        readonly type: 'Parallel'
        readonly steps: readonly StepConfig[]
        readonly limit: number | undefined
        readonly onFailure: 'cancel' | 'wait'
      }
    | {
        readonly type: 'Condition'
        readonly if: string
        readonly steps: readonly StepConfig[]
        readonly elseSteps: readonly StepConfig[]
      }
    | {
        readonly type: 'Loop'
        readonly steps: readonly StepConfig[]
        readonly until: string | undefined
        readonly maxIterations: number
        readonly forwardIterationOutput: boolean
      }
    | {
        readonly type: 'Router'
        readonly choices: readonly StepConfig[]
        readonly select: string | RouteQuestionConfig
      }
  )

/** A CEL expression and its position in the file. */
export interface ExpressionConfig {
  readonly text: string
  readonly use: 'condition' | 'loop' | 'router'
  /** Keys and indices from the top of the file. */
  readonly path: readonly PropertyKey[]
  /** Line in the file; 0 for a configuration without text. */
  readonly line: number
  readonly column: number
}
