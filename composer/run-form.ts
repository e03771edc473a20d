/** Builds the request for a run from its form, over HTTP and over the WebSocket. */
import type { ComposedComponent } from '../src/compose/composed-component.ts'
import type { Answers } from '../src/compose/journal.ts'
import type { Caller } from './caller.ts'
import type { ComposerContext } from './context.ts'
import type { RunForm } from './form.ts'
import { HttpError } from './http-error.ts'
import type { RunRequest } from './run-request.ts'

/** The caller's answers to a paused run. @throws {HttpError} 400 for a field that is no list of objects */
export function answersIn(form: RunForm, kind: 'teams' | 'workflows'): Answers {
  if (kind === 'teams') return form.list('requirements')
  return [...form.list('step_requirements'), ...form.list('error_requirements')]
}

/** @throws {HttpError} when the form does not describe a run of the component */
export function startRequest(
  { version }: Pick<ComposerContext, 'version'>,
  form: RunForm,
  component: ComposedComponent,
  caller: Caller,
): RunRequest {
  const input = form.required('message')
  if (caller.isTooDeep) throw new HttpError(508, 'The run went through too many compositions')
  return {
    component,
    version: version(component.kind, component.id),
    input,
    runId: form.text('run_id'),
    sessionId: form.text('session_id'),
    userId: caller.subject ?? form.text('user_id'),
    sessionState: form.object('session_state'),
    additionalData: form.object('additional_data'),
    media: form.media(),
    isStream: form.flag('stream', true),
    isBackground: form.flag('background', false),
    caller,
  }
}
