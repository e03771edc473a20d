/** Form for the next message, its files, and the options of the run. */
import type { Target } from '../../api/runs.ts'
import type { Conversation } from '../../state/conversation.ts'
import type { Draft } from '../../state/drafts.ts'
import { bytes } from '../../state/format.ts'
import { noteRun } from '../../state/recent-runs.ts'
import { strings } from '../../strings.ts'
import { RunOptions, useRunOptions } from './run-options.tsx'

interface ComposerProps {
  readonly target: Target
  readonly conversation: Conversation
  readonly draft: Draft
}

export function Composer({ target, conversation, draft }: ComposerProps) {
  const { text, files } = draft
  const options = useRunOptions()
  const isBusy = conversation.isBusy.value
  const running = conversation.turns.value.find((turn) => turn.isStreaming.value)
  const send = () => {
    const message = text.value.trim()
    if (message === '' || isBusy || options.fault.value !== undefined) return
    const start = { message, files: files.value, ...options.read() }
    text.value = ''
    files.value = []
    void conversation.send(start).then(({ ref, error }) => {
      if (ref?.sessionId) noteRun({ ...target, session: ref.sessionId, run: ref.runId })
      // A refused message can be sent again, for example with another token.
      if (ref !== undefined || error.value === undefined || text.value !== '') return
      text.value = message
      files.value = start.files
    })
  }
  const attach = (list: FileList | null | undefined): boolean => {
    if (target.kind === 'workflows' || !list || list.length === 0) return false
    files.value = [...files.value, ...list]
    return true
  }
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault()
        attach(event.dataTransfer?.files)
      }}
    >
      {files.value.length === 0 ? null : (
        <ul class="chips">
          {files.value.map((file, index) => (
            <li key={index}>
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
          value={text.value}
          onInput={(event) => {
            text.value = event.currentTarget.value
          }}
          onPaste={(event) => {
            if (attach(event.clipboardData?.files)) event.preventDefault()
          }}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
            event.preventDefault()
            send()
          }}
        />
        {running === undefined ? (
          <button type="submit" class="primary" disabled={text.value.trim() === '' || isBusy}>
            {strings.send}
          </button>
        ) : (
          <button
            type="button"
            class="danger"
            disabled={running.isStopping.value}
            onClick={() => void conversation.stop(running)}
          >
            ■ {running.isStopping.value ? strings.stopping : strings.stop}
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
                attach(event.currentTarget.files)
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
