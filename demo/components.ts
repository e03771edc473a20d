/** Defines the components of the demo's two AgentOS instances. */
import { desk, report } from './desk.ts'
import { confirm, critic, duo, echo, type Pace, poet, type Script, slow } from './scripts.ts'

export const KINDS = ['agent', 'team', 'workflow'] as const
export type Kind = (typeof KINDS)[number]

interface Named {
  id: string
  name: string
  description: string
}

export interface Agent extends Named {
  kind: 'agent'
  script: Script
  tools?: Tool[]
}

/** A tool on an agent's card. */
export interface Tool {
  name: string
  description: string
  parameters: Record<string, unknown>
  requires_confirmation: boolean
}

export interface Team extends Named {
  kind: 'team'
  script: Script
  members: Agent[]
}

export interface Workflow extends Named {
  kind: 'workflow'
  /** Each step's agent reads the output of the previous step. */
  steps: (Step | Parallel)[]
}

export interface Step {
  name: string
  agent: Agent
}

/** Steps that run at the same time on the same input. */
export interface Parallel {
  name: string
  parallel: Step[]
}

export type Component = Agent | Team | Workflow

/** One AgentOS instance. */
export interface OsSpec {
  id: string
  dbId: string
  description: string
  components: Component[]
}

const deleteFile: Tool = {
  name: 'delete_file',
  description: 'Delete a file',
  parameters: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
  requires_confirmation: true,
}

function agent(id: string, description: string, script: Script, tools?: Tool[]): Agent {
  const name = id.charAt(0).toUpperCase() + id.slice(1)
  return { kind: 'agent', id, name, description, script, ...(tools && { tools }) }
}

/** `demo-a`: the agents `echo`, `slow`, `confirm`, `desk` and `report`. */
export function demoA(pace: Pace): OsSpec {
  return {
    id: 'demo-a',
    dbId: 'demo-a-db',
    description: 'Scripted agents: an echo, a slow counter, one that asks before it acts',
    components: [
      agent('echo', 'Says what you said', echo(pace)),
      agent('slow', 'Counts, taking its time: try "count to 20"', slow(pace)),
      agent('confirm', 'Asks before it deletes a file', confirm(pace), [deleteFile]),
      agent('desk', 'Needs a person: try "input", "choose", "elsewhere" or "pay"', desk(pace)),
      agent('report', 'Answers with a table, code, a picture and its sources', report(pace)),
    ],
  }
}

/** `demo-b`: the agents `poet` and `critic`, the team `duo` and the workflows `pipeline` and `panel` of both. */
export function demoB(pace: Pace): OsSpec {
  const writer = agent('poet', 'Writes three lines about anything', poet(pace))
  const reader = agent('critic', 'Has an opinion on what it reads', critic(pace))
  const description = 'A poet and a critic, alone, as a team and as a workflow'
  return {
    id: 'demo-b',
    dbId: 'demo-b-db',
    description,
    components: [
      writer,
      reader,
      {
        kind: 'team',
        id: 'duo',
        name: 'Duo',
        description: 'Poet and critic, led by a third',
        script: duo(pace),
        members: [writer, reader],
      },
      {
        kind: 'workflow',
        id: 'pipeline',
        name: 'Pipeline',
        description: 'The poet writes, the critic reads it',
        steps: [
          { name: 'write', agent: writer },
          { name: 'review', agent: reader },
        ],
      },
      {
        kind: 'workflow',
        id: 'panel',
        name: 'Panel',
        description: 'Poet and critic at the same time, then the critic on both',
        steps: [
          {
            name: 'opinions',
            parallel: [
              { name: 'verse', agent: writer },
              { name: 'prose', agent: reader },
            ],
          },
          { name: 'sum up', agent: reader },
        ],
      },
    ],
  }
}
