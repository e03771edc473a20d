/** Form for the options of the next run: background, user, output schema, further form fields. */
import type { ReadonlySignal, Signal } from '@preact/signals'
import { useComputed, useSignal } from '@preact/signals'
import { strings } from '../../strings.ts'

interface Options {
  readonly background: Signal<boolean>
  readonly userId: Signal<string>
  readonly schema: Signal<string>
  readonly fields: Signal<string>
  /** Error in the schema or the fields. */
  readonly fault: ReadonlySignal<string | undefined>
  read(): {
    background: boolean
    userId: string | undefined
    fields: Record<string, string>
  }
}

export function useRunOptions(): Options {
  const background = useSignal(false)
  const userId = useSignal('')
  const schema = useSignal('')
  const fields = useSignal('')
  const fault = useComputed(() => {
    if (schema.value.trim() !== '' && !isJson(schema.value)) return strings.schemaNoJson
    if (fields.value.trim() !== '' && !isJson(fields.value)) return strings.fieldsNoJson
    return undefined
  })
  const read = () => ({
    background: background.value,
    userId: userId.value.trim() || undefined,
    fields: {
      ...(schema.value.trim() !== '' && { output_schema: schema.value }),
      ...extraFields(fields.value),
    },
  })
  return { background, userId, schema, fields, fault, read }
}

function isJson(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

function extraFields(text: string): Record<string, string> {
  if (text.trim() === '' || !isJson(text)) return {}
  const entries = Object.entries(JSON.parse(text) as Record<string, unknown>)
  return Object.fromEntries(
    entries.map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  )
}

export function RunOptions({ options }: { readonly options: Options }) {
  const { background, userId, schema, fields, fault } = options
  return (
    <>
      <label class="check" title={strings.backgroundTitle}>
        <input
          type="checkbox"
          checked={background.value}
          onChange={(event) => {
            background.value = event.currentTarget.checked
          }}
        />{' '}
        {strings.background}
      </label>
      <details class="more-options">
        <summary>{strings.moreOptions}</summary>
        <div class="stack">
          <label class="field">
            <span>{strings.user}</span>
            <input
              value={userId.value}
              onInput={(event) => {
                userId.value = event.currentTarget.value
              }}
            />
          </label>
          <JsonField label={strings.outputSchema} value={schema} />
          <JsonField label={strings.extraFields} value={fields} />
        </div>
      </details>
      {fault.value === undefined ? null : <span class="bad">{fault.value}</span>}
    </>
  )
}

function JsonField({ label, value }: { readonly label: string; readonly value: Signal<string> }) {
  return (
    <label class="field">
      <span>{label}</span>
      <textarea
        class="code"
        rows={3}
        value={value.value}
        onInput={(event) => {
          value.value = event.currentTarget.value
        }}
      />
    </label>
  )
}
