/** Builds the forms of AgentOS's run routes from the options of a run. */
import { fileDict, isUploadable, mediaDict, snakeCase, uploadOf } from './media.ts'
import { RequestForm } from './request-form.ts'
import type { CommonRunOptions, ContinueOptions, RunInput, RunRequirement } from './run-types.ts'

/** Form of `POST …/runs`. */
export interface RunFormRequest {
  readonly input: RunInput
  readonly isStream: boolean
  readonly options: CommonRunOptions
  /** Files with bytes are sent as parts of the form. Workflows take them in JSON only. */
  readonly areFilesUploaded: boolean
}

/** Options that are no form fields, or have another name there. */
const NOT_FIELDS = new Set(['stream', 'authToken', 'signal', 'headers', 'extraFields', 'files'])
const MEDIA_FIELDS = new Set(['images', 'audio', 'videos'])

/** @see AgentOS `POST /agents/{agent_id}/runs` */
export async function runForm(request: RunFormRequest): Promise<RequestForm> {
  const { input, isStream, options, areFilesUploaded } = request
  const fields: Record<string, unknown> = { message: serializeInput(input) }
  for (const [option, value] of Object.entries(options)) {
    if (NOT_FIELDS.has(option) || value === undefined || value === null) continue
    const isMedia = MEDIA_FIELDS.has(option)
    if (isMedia && value.length === 0) continue
    fields[snakeCase(option)] = isMedia ? await Promise.all(value.map(mediaDict)) : value
  }
  const { files = [], extraFields = {} } = options
  const uploads = areFilesUploaded ? files.filter(isUploadable) : []
  const described = files.filter((file) => !uploads.includes(file))
  // The field `files` is for uploads only.
  if (described.length > 0) fields['input_files'] = await Promise.all(described.map(fileDict))
  if (uploads.some((file) => file.metadata !== undefined)) {
    fields['files_metadata'] = uploads.map((file) => file.metadata ?? {})
  }
  const form = new RequestForm().setAll({ ...fields, ...extraFields, stream: isStream })
  for (const file of uploads) form.upload('files', await uploadOf(file))
  return form
}

/**
 * Form of `POST …/runs/{run_id}/continue`.
 *
 * @param field name of the field with the answers: `tools`, `requirements` or `step_requirements`
 */
export function continueForm(
  field: string,
  answers: readonly unknown[],
  isStream: boolean,
  options: ContinueOptions,
): RequestForm {
  const { userId, sessionId, background, extraFields = {} } = options
  return new RequestForm().setAll({
    [field]: answers,
    session_id: sessionId,
    user_id: userId,
    background,
    ...extraFields,
    stream: isStream,
  })
}

/** The tool calls in a list of tool calls or requirements, as in Agno 3. */
export function toolExecutions(
  updated: readonly (RunRequirement | Record<string, unknown>)[],
): unknown[] {
  return updated
    .map((item) => ('tool_execution' in item ? item['tool_execution'] : item))
    .filter((tool) => tool !== null && tool !== undefined)
}

function serializeInput(input: RunInput): string {
  return typeof input === 'string' ? input : JSON.stringify(input)
}
