/** Form for the next message, its files, and the options of the run. */
import type { Signal } from '@preact/signals'
import { useSignal } from '@preact/signals'
import type { Target } from '../../api/runs.ts'
import type { Conversation } from '../../state/conversation.ts'
import { bytes } from '../../state/format.ts'
import { noteRun } from '../../state/recent-runs.ts'
import { strings } from '../../strings.ts'
import { RunOptions, useRunOptions } from './run-options.tsx'

interface ComposerProps {
  readonly target: Target
  readonly conversation: Conversation
  readonly draft: Signal<string>
}

export function Composer({ target, conversation, draft }: ComposerProps) {
  const files = useSignal<readonly File[]>([])
  const options = useRunOptions()
  const isBusy = conversation.isBusy.value
  const running = conversation.turns.value.find((turn) => turn.isStreaming.value)
  const send = () => {
    const message = draft.value.trim()
    if (message === '' || isBusy || options.fault.value !== undefined) return
    const start = { message, files: files.value, ...options.read() }
    draft.value = ''
    files.value = []
    void conversation.send(start).then(() => {
      const { ref } = conversation.turns.value.at(-1) ?? {}
      if (ref?.sessionId) noteRun({ ...target, session: ref.sessionId, run: ref.runId })
    })
  }
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      {files.value.length === 0 ? null : (
        <ul class="chips">
          {files.value.map((file) => (
            <li key={file.name}>
              <button
                type="button"
                class="chip"
                onClick={() => {
                  files.value = files.value.filter((one) => one !== file)
                }}
              >
                {file.name} · {bytes(file.size)} ✕<span class="sr"> {strings.removeFile}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <div class="row">
        <textarea
          class="grow"
          rows={2}
          aria-label={strings.message}
          placeholder={strings.messagePlaceholder}
          value={draft.value}
          onInput={(event) => {
            draft.value = event.currentTarget.value
          }}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
            event.preventDefault()
            send()
          }}
        />
        {running === undefined ? (
          <button type="submit" class="primary" disabled={draft.value.trim() === '' || isBusy}>
            {strings.send}
          </button>
        ) : (
          <button type="button" class="danger" onClick={() => void conversation.stop(running)}>
            ■ {strings.stop}
          </button>
        )}
      </div>
      <div class="row options">
        {target.kind === 'workflows' ? null : (
          <label class="button small">
            {strings.addFiles}
            <input
              type="file"
              multiple
              class="sr"
              onChange={(event) => {
                files.value = [...files.value, ...(event.currentTarget.files ?? [])]
                event.currentTarget.value = ''
              }}
            />
          </label>
        )}
        <RunOptions options={options} />
      </div>
    </form>
  )
}
