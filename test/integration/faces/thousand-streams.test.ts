import { Agent, request as httpRequest } from 'node:http'
import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { facesOf } from '../../support/faces.ts'
import { answerJson, eventText, wholeBody } from '../../support/fake-upstream.ts'
import { LEGACY, MODERN, mcpRequest } from '../../support/mcp.ts'

type RunEvent = { event: string; content?: string; tool?: object }

const STREAMS = 1_000
const WORDS = 5

/** How one face is asked for a stream, and where its frames hold text and its end. */
interface Face {
  readonly name: string
  readonly path: string
  readonly headers?: Record<string, string>
  body(stream: string): object
  readonly word: RegExp
  readonly end: RegExp
  /** Matches each frame of the stream, and none of another stream. The run then calls a tool. */
  own?(stream: number): RegExp
}

const FACES: readonly Face[] = [
  {
    name: 'chat completions',
    path: '/v1/chat/completions',
    body: (content) => {
      return { model: 'agent/echo', stream: true, messages: [{ role: 'user', content }] }
    },
    word: /"content":"([^"]+)"/g,
    end: /data: \[DONE\]\n\n$/,
  },
  {
    name: 'A2A',
    path: '/a2a/agents/echo',
    body: (text) => {
      const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text }] }
      return { jsonrpc: '2.0', id: text, method: 'SendStreamingMessage', params: { message } }
    },
    word: /"artifactUpdate".*"text":"([^"]+)"/g,
    end: /TASK_STATE_COMPLETED.*\n\n$/,
  },
  {
    name: 'AG-UI',
    path: '/agui/agents/echo',
    body: (content) => {
      return { threadId: content, runId: content, messages: [{ id: '1', role: 'user', content }] }
    },
    word: /"delta":"([^"]+)"/g,
    end: /RUN_FINISHED.*\n\n$/,
  },
  mcp(MODERN),
  mcp(LEGACY),
]

/** The tool calls of a run are notifications, and its text is the result. */
function mcp(revision: string): Face {
  const asked = (message: string) => {
    const params = { name: 'run_agent', arguments: { agent_id: 'echo', message } }
    return mcpRequest('tools/call', params, { revision, id: message, progressToken: message })
  }
  return {
    name: `MCP ${revision}`,
    path: '/mcp',
    headers: asked('').headers,
    body: (stream) => asked(stream).body,
    word: /"content":\[\{"type":"text","text":"([^"]+)"/g,
    end: /"result".*\n\n$/,
    own: (stream) =>
      new RegExp(`"progressToken":"${stream}".*: tool-${stream}"|"result".*"id":"${stream}"`),
  }
}

/** Asks for one stream; resolves with the text that it held. */
function textOf(url: string, agent: Agent, face: Face, stream: number) {
  const { path, body, word, end, own } = face
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const headers = { 'content-type': 'application/json', ...face.headers }
  const request = httpRequest(url + path, { method: 'POST', agent, headers })
  request.on('error', reject).on('response', (message) => {
    let text = ''
    message.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    message.on('close', () => {
      const words = [...text.matchAll(word)].map(([, found]) => found)
      const frames = text.match(/^data: .+$/gm) ?? []
      const isOwn = frames.every((frame) => own?.(stream).test(frame) ?? true)
      resolve(message.complete && end.test(text) && isOwn ? words.join('') : text)
    })
  })
  request.end(JSON.stringify(body(`${stream}`)))
  return promise
}

test.each(FACES)(
  'a thousand open streams of $name receive their own text',
  { timeout: 120_000 },
  async (face) => {
    const open: { write: (event: RunEvent) => void; end: () => void; stream: string }[] = []
    const allOpen = Promise.withResolvers<void>()
    const upstream = await startAgentOs(
      { agents: ['echo'] },
      async (request, response, message) => {
        if (request.method === 'GET')
          return answerJson(response, { detail: 'Session not found' }, 404)
        const form = new URLSearchParams((await wholeBody(request, message)).toString())
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
        const stream = String(form.get('message'))
        const write = (event: RunEvent) =>
          response.write(eventText({ run_id: `r-${stream}`, ...event }))
        open.push({ write, end: () => response.end(), stream })
        if (open.length === STREAMS) allOpen.resolve()
      },
    )
    const faces = { openai: true, mcp: true, a2a: true, agui: true }
    const gateway = await facesOf(upstream.url, { faces })
    const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY })
    const asking = Array.from({ length: STREAMS }, (_, stream) =>
      textOf(gateway.url, agent, face, stream),
    )
    await allOpen.promise
    for (const { write, stream } of face.own ? open : []) {
      write({ event: 'ToolCallStarted', tool: { tool_call_id: 'c', tool_name: `tool-${stream}` } })
    }
    for (let word = 0; word < WORDS; word++) {
      for (const { write, stream } of open)
        write({ event: 'RunContent', content: `${stream}-${word} ` })
    }
    for (const { write, end } of open) {
      write({ event: 'RunCompleted', content: '' })
      end()
    }
    const texts = await Promise.all(asking)
    const wanted = (stream: number) =>
      Array.from({ length: WORDS }, (_, word) => `${stream}-${word} `).join('')
    expect(texts).toEqual(texts.map((_, stream) => wanted(stream)))
    agent.destroy()
  },
)
