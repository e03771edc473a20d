/** Sends requests in all ways a browser has: `fetch`, streams, `EventSource`, uploads, WebSockets. */
import type { Ask, Seen, SeenEvent, SeenStream } from './contract.ts'

declare global {
  /** Sends a value to the test. */
  function report(what: unknown): Promise<void>
}

export function requestOf({ form, headers = {}, ...rest }: Ask): RequestInit {
  if (form === undefined) return { headers: { ...headers }, ...rest }
  const data = new FormData()
  for (const [name, value] of Object.entries(form)) data.append(name, value)
  return { method: 'POST', headers: { ...headers }, ...rest, body: data }
}

/** @returns status 0 for a response that the browser blocked, as in `XMLHttpRequest` */
export async function ask(url: string, request: Ask = {}): Promise<Seen> {
  try {
    const response = await fetch(url, requestOf(request))
    return { ...headOf(response), text: await response.text() }
  } catch (error) {
    return { status: 0, headers: {}, text: String(error) }
  }
}

let controller = new AbortController()

export function abort(): void {
  controller.abort()
}

export async function stream(url: string, request: Ask = {}): Promise<SeenStream> {
  controller = new AbortController()
  let text = ''
  let head: Omit<Seen, 'text'> = { status: 0, headers: {} }
  try {
    const response = await fetch(url, { ...requestOf(request), signal: controller.signal })
    head = headOf(response)
    const decoder = new TextDecoder()
    let rest = ''
    for await (const chunk of response.body ?? []) {
      const part = decoder.decode(chunk, { stream: true })
      text += part
      rest = takeEvents(rest + part, report)
      if (part.includes(': heartbeat\n')) void report('heartbeat')
    }
    return { ...head, text }
  } catch (error) {
    return { ...head, text, failed: error instanceof Error ? error.name : String(error) }
  }
}

/** Removes whole events from the front of a text. @returns the remaining text */
export function takeEvents(text: string, take: (event: SeenEvent) => unknown): string {
  const blocks = text.split('\n\n')
  const rest = blocks.pop() ?? ''
  for (const block of blocks) {
    const data = block.split('\n').filter((line) => line.startsWith('data: '))
    if (data.length > 0) take(JSON.parse(data.map((line) => line.slice(6)).join('\n')))
  }
  return rest
}

export function listen(url: string, names: readonly string[]): Promise<void> {
  const source = new EventSource(url)
  source.onopen = () => report('open')
  for (const name of names) {
    source.addEventListener(name, ({ data, lastEventId }) => report({ name, data, lastEventId }))
  }
  return new Promise((resolve) => {
    source.onerror = () => {
      source.close()
      resolve()
    }
  })
}

export function upload(
  url: string,
  bytes: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<Seen> {
  const form = new FormData()
  form.append('message', 'what is in it?')
  form.append('files', new File([new Uint8Array(bytes)], 'zeros.bin'))
  const request = new XMLHttpRequest()
  request.open('POST', url)
  for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
  request.upload.onprogress = ({ loaded, total }) => report({ loaded, total })
  return new Promise((resolve) => {
    request.onloadend = () =>
      resolve({ status: request.status, headers: {}, text: request.responseText })
    request.send(form)
  })
}

let socket: WebSocket | undefined

export function connect(url: string): void {
  socket = new WebSocket(url)
  socket.onmessage = ({ data }) => report(data)
  socket.onclose = ({ code }) => report({ closed: code })
}

export function say(message: Readonly<Record<string, unknown>>): void {
  socket?.send(JSON.stringify(message))
}

function headOf({ status, headers }: Response): Omit<Seen, 'text'> {
  return { status, headers: Object.fromEntries(headers) }
}
