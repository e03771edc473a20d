/** The shared task list of a team in mode `tasks`. @see Agno `team/task.py` */

import { dictsIn } from './answers.ts'
import { contentText } from './output.ts'

/** Where the list is kept in the session state, as in Agno. */
export const TASK_LIST_KEY = '_team_tasks'

const STATUSES = ['pending', 'in_progress', 'completed', 'failed', 'blocked'] as const
export type TaskStatus = (typeof STATUSES)[number]

/** One task. The names are the wire's. */
export interface Task {
  readonly id: string
  readonly title: string
  readonly description: string
  status: TaskStatus
  readonly assignee: string | null
  readonly parent_id: string | null
  readonly dependencies: readonly string[]
  result: string | null
  readonly notes: string[]
  readonly created_at: number
}

/** A change of the list. A replayed run applies it again. */
export type TaskChange =
  | { readonly create: Task }
  | { readonly update: string; readonly status: TaskStatus; readonly result?: string | undefined }
  | { readonly note: string; readonly task: string }
  | { readonly complete: string }

/** Longest part of a result in the summary. */
const PREVIEW_LENGTH = 200
const NOTES_SHOWN = 3

/** Distinguishes a status from other text. */
export function isTaskStatus(value: unknown): value is TaskStatus {
  return STATUSES.some((status) => status === value)
}

/** Tasks with dependencies: a task waits until all it depends on is completed, and fails when one of them fails. */
export class TaskList {
  readonly tasks: Task[] = []
  completionSummary: string | null = null

  /** @param kept the list that an earlier run of the session has stored */
  constructor(kept: unknown) {
    this.tasks.push(...dictsIn(Object(kept)['tasks']).map(taskFrom))
  }

  get isComplete(): boolean {
    return this.completionSummary !== null
  }

  /** Every task has been completed. False for an empty list. */
  get areAllCompleted(): boolean {
    return this.tasks.length > 0 && this.tasks.every(({ status }) => status === 'completed')
  }

  find(id: unknown): Task | undefined {
    return this.tasks.find((task) => task.id === id)
  }

  apply(change: TaskChange): void {
    if ('create' in change) this.tasks.push({ ...change.create, notes: [] })
    else if ('complete' in change) this.completionSummary = change.complete
    else if ('note' in change) this.find(change.task)?.notes.push(change.note)
    else {
      const task = this.find(change.update)
      if (task === undefined) return
      task.status = change.status
      if (change.result !== undefined) task.result = change.result
    }
    this.#updateBlocked()
  }

  /** The list as text for the leader, in Agno's form. */
  get summary(): string {
    if (this.tasks.length === 0) return 'No tasks created yet.'
    const counts = new Map<string, number>()
    for (const { status } of this.tasks) counts.set(status, (counts.get(status) ?? 0) + 1)
    const parts = [...counts].map(([status, count]) => `${count} ${status}`)
    const lines = [`Tasks (${this.tasks.length} total: ${parts.join(', ')}):`]
    for (const task of this.tasks) lines.push(...linesOf(task))
    if (this.isComplete) lines.push(`\nGoal marked complete: ${this.completionSummary}`)
    return lines.join('\n')
  }

  toJSON(): Record<string, unknown> {
    return {
      tasks: this.tasks,
      goal_complete: this.isComplete,
      completion_summary: this.completionSummary,
    }
  }

  #updateBlocked(): void {
    for (const task of this.tasks) {
      if (task.status !== 'pending' && task.status !== 'blocked') continue
      const needed = task.dependencies.map((id) => this.find(id)?.status)
      if (task.status === 'blocked' && needed.includes('failed')) {
        task.status = 'failed'
        task.result = 'Automatically failed: a dependency failed.'
      } else task.status = needed.every((status) => status === 'completed') ? 'pending' : 'blocked'
    }
  }
}

/** A session's state comes from its caller: every member may be missing. */
function taskFrom(kept: Record<string, unknown>): Task {
  const { status, dependencies, notes, result, created_at } = kept
  const text = (key: string) => contentText(kept[key])
  return {
    id: text('id'),
    title: text('title'),
    description: text('description'),
    status: isTaskStatus(status) ? status : 'pending',
    assignee: text('assignee'),
    parent_id: null,
    dependencies: Array.isArray(dependencies) ? dependencies.map(String) : [],
    result: result === undefined || result === null ? null : contentText(result),
    notes: Array.isArray(notes) ? notes.map(String) : [],
    created_at: Number(created_at ?? 0),
  }
}

function linesOf({ id, title, status, assignee, dependencies, result, notes }: Task): string[] {
  const who = assignee === null || assignee === '' ? 'unassigned' : `assigned: ${assignee}`
  const lines = [`  [${id}] ${title} - ${status.toUpperCase()} (${who})`]
  if (dependencies.length > 0) {
    const list = dependencies.map((dependency) => `'${dependency}'`).join(', ')
    lines.push(`      Depends on: [${list}]`)
  }
  if (result) {
    const cut = result.length > PREVIEW_LENGTH
    lines.push(`      Result: ${cut ? `${result.slice(0, PREVIEW_LENGTH)}...` : result}`)
  }
  for (const note of notes.slice(-NOTES_SHOWN)) lines.push(`      Note: ${note}`)
  return lines
}
