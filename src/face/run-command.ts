/** Defines the run that a face requests, and builds AgentOS's form for it. */
import type { ComponentKind } from '../../config/types.ts'
import type { FileMedia, Media } from '../client/media.ts'
import type { EncodedBody } from '../client/request-form.ts'
import { runForm } from '../client/run-form.ts'

/** The message and all options of a run. */
export interface RunCommand {
  readonly message: string
  readonly sessionId: string
  readonly userId?: string | undefined
  readonly images?: readonly Media[]
  readonly audio?: readonly Media[]
  readonly videos?: readonly Media[]
  readonly files?: readonly FileMedia[]
  /** JSON Schema of the answer. */
  readonly outputSchema?: Readonly<Record<string, unknown>> | undefined
  readonly sessionState?: Readonly<Record<string, unknown>> | undefined
  /** Values that AgentOS adds to the model's input. */
  readonly dependencies?: Readonly<Record<string, unknown>> | undefined
  /** The run continues when the caller disconnects. Default false. */
  readonly isBackground?: boolean
  /** The answer is an event stream; otherwise AgentOS sends one JSON answer. Default true. */
  readonly isStreamed?: boolean
  /** Further fields of the form. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined
}

/** Form of a streamed `POST …/runs` with all events. */
export async function runCommandForm(
  kind: ComponentKind,
  command: RunCommand,
): Promise<EncodedBody> {
  const {
    message,
    isBackground = false,
    isStreamed = true,
    fields = {},
    dependencies,
    ...rest
  } = command
  const form = await runForm({
    input: message,
    isStream: isStreamed,
    areFilesUploaded: kind !== 'workflows',
    options: {
      sessionId: rest.sessionId,
      userId: rest.userId,
      images: rest.images,
      audio: rest.audio,
      videos: rest.videos,
      files: rest.files,
      outputSchema: rest.outputSchema,
      sessionState: rest.sessionState,
      streamEvents: isStreamed || undefined,
      background: isBackground || undefined,
      extraFields: {
        ...(dependencies && { dependencies, add_dependencies_to_context: true }),
        ...fields,
      },
    },
  })
  return form.encode()
}
