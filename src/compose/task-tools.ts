/** The leader's tools in mode `tasks`, with Agno's names, arguments and results. */
import { askMember, refused } from './ask-member.ts'
import { derivedId, nowSeconds } from './ids.ts'
import type { LeaderCall, LeaderTool } from './leader.ts'
import { contentText } from './output.ts'
import type { Task, TaskChange, TaskStatus } from './task-list.ts'
import { isTaskStatus } from './task-list.ts'
import type { TeamExecution } from './team-execution.ts'
import type { Answer, CallResult } from './team-member.ts'

type Args = Readonly<Record<string, unknown>>
type TaskTool = (team: TeamExecution, args: Args, key: string) => Promise<CallResult>

/** Most tasks of one team; further ones are refused. */
const MAX_TASKS = 100

const TOOLS: Readonly<Record<string, TaskTool>> = {
  create_task: createTask,
  update_task_status: updateTaskStatus,
  list_tasks: async (team) => said(team.tasks.summary),
  add_task_note: addTaskNote,
  mark_all_complete: async (team, { summary }) => {
    const change = { complete: contentText(summary) }
    team.tasks.apply(change)
    return said(`Goal marked as complete. Summary: ${change.complete}`, [change])
  },
  execute_task: (team, { task_id, member_id }, key) => {
    return execute(team, [[task_id, member_id]], key)
  },
  execute_tasks_parallel: (team, { task_ids }, key) => {
    const ids = Array.isArray(task_ids) ? [...new Set(task_ids)] : []
    return execute(
      team,
      ids.map((id) => [id, team.tasks.find(id)?.assignee]),
      key,
    )
  },
}

/** Tools that call members. Those of one turn run at the same time. */
export const EXECUTING: ReadonlySet<string> = new Set(['execute_task', 'execute_tasks_parallel'])

export function isTaskTool(name: string): boolean {
  return Object.hasOwn(TOOLS, name)
}

/** Carries out a call of a task tool. */
export async function useTaskTool(
  team: TeamExecution,
  { name, args }: LeaderCall,
  key: string,
): Promise<CallResult> {
  return await (TOOLS[name] as TaskTool)(team, Object(args) as Args, key)
}

/** The tools with their schemas. @param ids of the members */
export function taskTools(ids: readonly string[]): LeaderTool[] {
  const text = (description: string) => ({ type: 'string', description })
  const list = (description: string) => ({ type: 'array', items: { type: 'string' }, description })
  const member = { type: 'string', enum: ids, description: 'Id of the member.' }
  const task_id = text('Id of the task.')
  const tool = (name: string, description: string, properties: object, optional: string[] = []) => {
    const required = Object.keys(properties).filter((key) => !optional.includes(key))
    const parameters = { type: 'object', properties, required, additionalProperties: false }
    return { name, description, parameters }
  }
  return [
    tool(
      'create_task',
      'Creates a task for a member.',
      {
        title: text('A short title.'),
        description: text('What has to be done, with every detail that the member needs.'),
        assignee: member,
        depends_on: list('Ids of tasks that have to be completed before.'),
      },
      ['description', 'assignee', 'depends_on'],
    ),
    tool(
      'update_task_status',
      'Sets the status of a task, such as one that you have done yourself.',
      {
        task_id,
        status: { type: 'string', enum: ['pending', 'in_progress', 'completed', 'failed'] },
        result: text('The result, once it is done.'),
      },
      ['result'],
    ),
    tool('list_tasks', 'Returns all tasks with status, assignee and dependencies.', {}),
    tool('add_task_note', 'Adds a note to a task.', { task_id, note: text('The note.') }),
    tool('mark_all_complete', 'Says that the goal has been reached.', {
      summary: text('What has been done.'),
    }),
    tool('execute_task', 'Gives a task to a member and returns the result.', {
      task_id,
      member_id: member,
    }),
    tool('execute_tasks_parallel', 'Gives several tasks to their assignees at the same time.', {
      task_ids: list('Ids of tasks that do not depend on each other.'),
    }),
  ]
}

function said(text: string, changes: readonly TaskChange[] = []): CallResult {
  return { answers: [], text, changes }
}

async function createTask(team: TeamExecution, args: Args, key: string): Promise<CallResult> {
  const { tasks, run } = team
  const { title: given, description, assignee, depends_on } = args
  const title = contentText(given)
  if (title.trim() === '') return { answers: [refused('title has to be a text')] }
  if (tasks.tasks.length >= MAX_TASKS) return { answers: [refused('there are too many tasks')] }
  const isTitle = (task: Task) => task.title.trim().toLowerCase() === title.trim().toLowerCase()
  const same = tasks.tasks.find(isTitle)
  if (same) {
    const { id, title: known, status } = same
    return said(
      `Task already exists: [${id}] ${known} (status: ${status}). Use this task instead of creating a duplicate.`,
    )
  }
  if (assignee !== undefined && assignee !== '' && team.member(assignee) === undefined) {
    return { answers: [refused(team.unknownMember(assignee))] }
  }
  const task: Task = {
    id: derivedId(run.runId, key).slice(0, 8),
    title,
    description: contentText(description),
    status: 'pending',
    assignee: contentText(assignee),
    parent_id: null,
    dependencies: Array.isArray(depends_on) ? depends_on.map(String) : [],
    result: null,
    notes: [],
    created_at: nowSeconds(),
  }
  tasks.apply({ create: task })
  const { status } = tasks.find(task.id) ?? task
  const { id: task_id, dependencies } = task
  const fields = { task_id, title, description: task.description, assignee: task.assignee, status }
  await team.emitEvent('TeamTaskCreated', { ...fields, dependencies }, `created:${key}`)
  return said(`Task created: [${task_id}] ${title} (status: ${status})`, [{ create: task }])
}

async function updateTaskStatus(team: TeamExecution, args: Args, key: string): Promise<CallResult> {
  const { task_id, status, result } = args
  const task = team.tasks.find(task_id)
  if (!isTaskStatus(status) || status === 'blocked') {
    const words = 'Must be one of: pending, in_progress, completed, failed.'
    return said(`Invalid status '${contentText(status)}'. ${words}`)
  }
  if (task === undefined) return said(`Task with ID '${contentText(task_id)}' not found.`)
  const text = result === undefined || result === null ? undefined : contentText(result)
  const change = await moved(team, task, status, key, text)
  return said(`Task [${task.id}] '${task.title}' updated to ${task.status}.`, [change])
}

async function addTaskNote(team: TeamExecution, { task_id, note }: Args): Promise<CallResult> {
  const task = team.tasks.find(task_id)
  if (task === undefined) return said(`Task with ID '${contentText(task_id)}' not found.`)
  const change = { note: contentText(note), task: task.id }
  team.tasks.apply(change)
  return said(`Note added to task [${task.id}].`, [change])
}

/** Runs tasks at the same time; none when one of them cannot run. */
async function execute(
  team: TeamExecution,
  pairs: readonly (readonly unknown[])[],
  key: string,
): Promise<CallResult> {
  if (pairs.length === 0) return said('No valid tasks to execute.')
  const found = pairs.map(([id, memberId]) => {
    return { id, task: team.tasks.find(id), memberId, member: team.member(memberId) }
  })
  for (const { id, task, memberId, member } of found) {
    if (task === undefined) return said(`Task with ID '${contentText(id)}' not found.`)
    if (task.status !== 'pending' && task.status !== 'in_progress') {
      return said(`Task [${task.id}] is ${task.status} and cannot be executed.`)
    }
    if (member === undefined) return { answers: [refused(team.unknownMember(memberId))] }
  }
  const changes: TaskChange[] = []
  for (const [i, { task }] of found.entries()) {
    if (task) changes.push(await moved(team, task, 'in_progress', `${key}/${i}`))
  }
  const results = await Promise.all(
    found.map(async ({ task, member }, i) => {
      if (task === undefined || member === undefined) return refused('no task')
      const path = found.length === 1 ? key : `${key}/${i}`
      const about = task.description || task.title
      const answer = await askMember(team, member, about, path, found.length > 1)
      if (answer.paused) return { ...answer, text: `${answer.text} Task [${task.id}] paused.` }
      const status = answer.hasFailed ? 'failed' : 'completed'
      const result = answer.text || 'No content returned'
      changes.push(await moved(team, task, status, `${key}/${i}`, result))
      return { ...answer, text: outcome(task, answer) }
    }),
  )
  return { answers: results, text: results.map(({ text }) => text).join('\n'), changes }
}

function outcome({ id }: Task, { hasFailed, text }: Answer): string {
  if (hasFailed) return `Task [${id}] failed: ${text}`
  return text === ''
    ? `Task [${id}] completed with no content.`
    : `Task [${id}] completed. Result: ${text}`
}

/** Changes the status of a task, and returns the text for the leader. */
async function moved(
  team: TeamExecution,
  task: Task,
  status: TaskStatus,
  key: string,
  result?: string,
): Promise<TaskChange> {
  const previous_status = task.status
  const change = { update: task.id, status, ...(result !== undefined && { result }) }
  team.tasks.apply(change)
  const isOver = status === 'completed' || status === 'failed'
  const fields = { task_id: task.id, title: task.title, status: task.status, previous_status }
  const more = { ...(isOver && { result: task.result }), assignee: task.assignee }
  await team.emitEvent('TeamTaskUpdated', { ...fields, ...more }, `task:${status}:${key}`)
  return change
}
