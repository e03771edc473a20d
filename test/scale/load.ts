/** Sends requests one after the other from several callers and counts incomplete answers. */

export interface Load {
  /** Waits for requests in flight. @returns the number of requests and the failures */
  stop(): Promise<{ readonly requests: number; readonly failures: readonly string[] }>
}

type Call = (url: string) => Promise<string | undefined>

/** Each call returns the failure, or undefined. */
const CALLS: readonly Call[] = [
  async (url) => {
    const { status, text } = await post(`${url}/agents/echo/runs`, 'message=hello&stream=false')
    return status === 200 && text.includes('You said: hello') ? undefined : `${status} ${text}`
  },
  async (url) => {
    const fields = 'message=count to 10 every 50 ms&stream=true'
    const { status, text } = await post(`${url}/agents/slow/runs`, fields)
    const words = text.match(/event: RunContent\n/g)?.length
    const isWhole = text.includes('event: RunCompleted') && words !== undefined && words >= 10
    return status === 200 && isWhole ? undefined : `${status} ${text}`
  },
  async (url) => {
    const answer = await fetch(`${url}/agents`)
    return answer.ok && (await answer.text()).includes('echo') ? undefined : `${answer.status}`
  },
]

/** @param callers number of concurrent callers */
export function startLoad(url: string, callers: number): Load {
  const failures: string[] = []
  let requests = 0
  let isOver = false
  const calling = Array.from({ length: callers }, async (_, caller) => {
    for (let turn = caller; !isOver; turn++) {
      const call = CALLS[turn % CALLS.length] as Call
      const wrong = await call(url).catch((error: Error) => `${error} ${error.cause}`)
      requests++
      if (wrong !== undefined) failures.push(`call ${turn % CALLS.length}: ${wrong}`)
    }
  })
  return {
    async stop() {
      isOver = true
      await Promise.all(calling)
      return { requests, failures }
    },
  }
}

async function post(url: string, fields: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(fields) })
  return { status: answer.status, text: await answer.text() }
}
