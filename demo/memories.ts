/** Serves `/memories`: keeps at most 200 memories in memory. */
import { randomUUID } from 'node:crypto'
import { readJson } from './forms.ts'
import { HttpError, type Reply } from './http.ts'
import { page } from './page.ts'
import type { Call, Routes } from './router.ts'
import { isoSeconds, nowSeconds } from './time.ts'

const MAX_MEMORIES = 200

/** A memory, in the form sent to the client. */
type Memory = Record<string, unknown> & {
  memory_id: string
  memory: string
  topics: string[]
  user_id: string | null
}

/** The memory routes of one AgentOS. */
export function memoryRoutes(): Routes {
  const memories = new Map<string, Memory>()

  const find = ({ param, query }: Call): Memory => {
    const found = memories.get(param('id'))
    const userId = query.text('user_id')
    if (found && (userId === undefined || found.user_id === userId)) return found
    throw new HttpError(404, `Memory with ID ${param('id')} not found`)
  }
  const seen = ({ query }: Call): Memory[] => {
    const userId = query.text('user_id')
    return [...memories.values()].filter((one) => userId === undefined || one.user_id === userId)
  }
  const save = (memory: Memory): Reply => {
    memories.set(memory.memory_id, memory)
    const [oldest] = memories.keys()
    if (memories.size > MAX_MEMORIES && oldest !== undefined) memories.delete(oldest)
    return { status: 200, body: memory }
  }

  return {
    'GET /memories': (call) => {
      const topics = call.query.text('topics')?.split(',')
      const text = call.query.text('search_content')?.toLowerCase()
      const found = seen(call).filter(({ memory, topics: own }) => {
        if (topics && !topics.some((topic) => own.includes(topic.trim()))) return false
        return text === undefined || memory.toLowerCase().includes(text)
      })
      return { status: 200, body: page(found, call.query, 'updated_at') }
    },
    'POST /memories': async ({ request }) => save(await readMemory(request)),
    'DELETE /memories': async ({ request }) => {
      const { memory_ids } = await readJson(request)
      for (const id of Array.isArray(memory_ids) ? memory_ids : []) memories.delete(String(id))
      return { status: 204 }
    },
    'GET /memories/{id}': (call) => ({ status: 200, body: find(call) }),
    'PATCH /memories/{id}': async (call) => {
      const { memory_id } = find(call)
      return save({ ...(await readMemory(call.request)), memory_id })
    },
    'DELETE /memories/{id}': (call) => {
      const userId = call.query.text('user_id')
      const memory = memories.get(call.param('id'))
      if (memory && (userId === undefined || memory.user_id === userId)) {
        memories.delete(memory.memory_id)
      }
      return { status: 204 }
    },
    'GET /memory_topics': (call) => {
      return { status: 200, body: [...new Set(seen(call).flatMap(({ topics }) => topics))] }
    },
  }
}

async function readMemory(request: Call['request']): Promise<Memory> {
  const body = await readJson(request)
  const { memory, topics, user_id } = body
  if (typeof memory !== 'string') {
    const loc = ['body', 'memory']
    throw new HttpError(422, [{ type: 'missing', loc, msg: 'Field required', input: body }])
  }
  if (typeof user_id !== 'string') throw new HttpError(400, 'User ID is required')
  return {
    memory_id: randomUUID(),
    memory,
    topics: Array.isArray(topics) ? topics.map(String) : [],
    agent_id: null,
    team_id: null,
    user_id,
    updated_at: isoSeconds(nowSeconds()),
  }
}
