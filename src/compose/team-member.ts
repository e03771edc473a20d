/** Defines a member of a team, its answer to a task, and the result of a call of the leader. */
import type { Member, MemberOutput } from './member.ts'
import type { PausedMember } from './pause.ts'
import type { TaskChange } from './task-list.ts'

/** Mode of a team, with Agno's names. */
export type TeamMode = 'coordinate' | 'route' | 'broadcast' | 'tasks'

/** A member and the leader's information about it. */
export interface TeamMember {
  readonly member: Member
  /** Tasks of the member, for the leader's instructions. Default: none. */
  readonly when?: string | undefined
  /** Longest run in milliseconds; 0 for none. Default 0. */
  readonly timeoutMs?: number | undefined
  /** Default `own`. */
  readonly session?: 'own' | 'shared' | undefined
  /** Input of the member: `task` is the leader's task, `message` the caller's input. Default `task`. */
  readonly input?: 'task' | 'message' | undefined
}

/** Answer of one member. Survives JSON. */
export interface Answer {
  /** Text for the leader. */
  readonly text: string
  readonly hasFailed: boolean
  /** Position of the member's run; undefined where no member was called. */
  readonly path?: string
  readonly memberId?: string
  readonly memberName?: string
  readonly task?: string
  readonly output?: MemberOutput
  /** Set while the member waits for answers of the caller. */
  readonly paused?: PausedMember | undefined
  /** The member was continued after a pause. */
  readonly wasContinued?: boolean
  /** The caller has rejected a call of the member. */
  readonly isRejected?: boolean
}

/** Result of the leader's call before it is reported. */
export interface CallResult {
  readonly answers: readonly Answer[]
  /** Text for the leader. Default: the answers. */
  readonly text?: string
  readonly changes?: readonly TaskChange[]
}
