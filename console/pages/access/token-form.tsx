/** Form for the token of the console's requests. */
import { useSignal } from '@preact/signals'
import { isTokenWanted, setToken, token } from '../../state/token.ts'
import { strings } from '../../strings.ts'

export function TokenForm() {
  const draft = useSignal('')
  const isKept = useSignal(false)
  const submit = (event: Event) => {
    event.preventDefault()
    setToken(draft.value, isKept.value)
    draft.value = ''
  }
  return (
    <form class="stack" onSubmit={submit}>
      <p class="dim">{helpText()}</p>
      <div class="row">
        <input
          type="password"
          class="grow"
          autocomplete="off"
          spellcheck={false}
          aria-label={strings.token}
          placeholder={strings.tokenPlaceholder}
          value={draft.value}
          onInput={(event) => {
            draft.value = event.currentTarget.value
          }}
        />
        <button type="submit" class="primary" disabled={draft.value.trim() === ''}>
          {strings.useToken}
        </button>
        <button type="button" disabled={token.value === ''} onClick={() => setToken('', false)}>
          {strings.forgetToken}
        </button>
      </div>
      <label class="check">
        <input
          type="checkbox"
          checked={isKept.value}
          onChange={(event) => {
            isKept.value = event.currentTarget.checked
          }}
        />{' '}
        {strings.keepToken}
      </label>
    </form>
  )
}

function helpText(): string {
  if (token.value === '') return strings.tokenHelp
  return isTokenWanted.value ? strings.tokenRefused : strings.tokenInUse
}
