/**
 * Converts A2A objects from the form of 0.3, in which this face builds them, to the JSON of A2A 1.0.
 *
 * @see https://a2a-protocol.org/latest/specification/ §4 "Protocol data model"
 */
import type { Artifact, Message, Part, Result, Task } from '../../a2a/wire.ts'

type Dict = Record<string, unknown>

/** Name of a state in A2A 1.0, such as `TASK_STATE_INPUT_REQUIRED`. */
function stateOf1(state: string): string {
  return `TASK_STATE_${state.toUpperCase().replaceAll('-', '_')}`
}

/** The state as 0.3 names it; undefined for anything else than a name of 1.0. */
export function stateFrom1(state: string): string | undefined {
  const [, name] = /^TASK_STATE_([A-Z_]+)$/.exec(state) ?? []
  return name?.toLowerCase().replaceAll('_', '-')
}

/** One item of a stream, or the answer to a message: an object with one member that says what it is. */
export function resultOf1(result: Result): Dict {
  switch (result.kind) {
    case 'task':
      return { task: taskOf1(result) }
    case 'message':
      return { message: messageOf1(result) }
    case 'status-update': {
      const { kind: _, final: __, status, ...rest } = result
      return { statusUpdate: { ...rest, status: statusOf1(status) } }
    }
    case 'artifact-update': {
      const { kind: _, artifact, ...rest } = result
      return { artifactUpdate: { ...rest, artifact: artifactOf1(artifact) } }
    }
  }
}

export function taskOf1({ kind: _, status, artifacts, history, ...rest }: Task): Dict {
  return {
    ...rest,
    status: statusOf1(status),
    ...(artifacts && { artifacts: artifacts.map(artifactOf1) }),
    ...(history && { history: history.map(messageOf1) }),
  }
}

function statusOf1({ state, message, ...rest }: Task['status']): Dict {
  return { ...rest, state: stateOf1(state), ...(message && { message: messageOf1(message) }) }
}

function messageOf1({ kind: _, role, parts, ...rest }: Message): Dict {
  return { ...rest, role: `ROLE_${role.toUpperCase()}`, parts: parts.map(partOf1) }
}

function artifactOf1({ parts, ...rest }: Artifact): Dict {
  return { ...rest, parts: parts.map(partOf1) }
}

function partOf1(part: Part): Dict {
  const metadata = part.metadata && { metadata: part.metadata }
  if (part.kind === 'text') return { text: part.text, ...metadata }
  if (part.kind === 'data') return { data: part.data, ...metadata }
  const { mimeType: mediaType, name: filename } = part.file
  const content = 'uri' in part.file ? { url: part.file.uri } : { raw: part.file.bytes }
  return {
    ...content,
    ...(filename !== undefined && { filename }),
    ...(mediaType !== undefined && { mediaType }),
    ...metadata,
  }
}
