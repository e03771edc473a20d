/** Form for the input fields of a tool or a step. */
import { useSignal } from '@preact/signals'
import { useId } from 'preact/hooks'
import type { Json } from '../../api/types.ts'
import { listIn, objectIn, textIn } from '../../api/types.ts'
import { strings } from '../../strings.ts'
import type { PauseItemProps } from './pause-item-props.ts'

export function UserInput({ item, isBusy, onDecide }: PauseItemProps) {
  const schema = item.tool?.user_input_schema ?? item.step?.['user_input_schema']
  const fields = listIn(schema).map(objectIn)
  const drafts = useSignal<Readonly<Record<string, string>>>(
    Object.fromEntries(fields.map((field) => [textIn(field['name']), shown(field['value'])])),
  )
  const problem = fields
    .map((field) => fault(field, drafts.value[textIn(field['name'])] ?? ''))
    .find(Boolean)
  const submit = (event: Event) => {
    event.preventDefault()
    const values = fields.map((field) => {
      const name = textIn(field['name'])
      return [name, converted(field, drafts.value[name] ?? '')] as const
    })
    onDecide({ values: Object.fromEntries(values), ...(item.step && { isApproved: true }) })
  }
  return (
    <form class="stack" onSubmit={submit}>
      {fields.map((field) => {
        const name = textIn(field['name'])
        return (
          <Field
            key={name}
            field={field}
            value={drafts.value[name] ?? ''}
            onChange={(value) => {
              drafts.value = { ...drafts.value, [name]: value }
            }}
          />
        )
      })}
      <div class="row">
        <button type="submit" class="primary" disabled={isBusy || problem !== undefined}>
          {strings.submit}
        </button>
        <span class="dim">{problem}</span>
      </div>
    </form>
  )
}

interface FieldProps {
  readonly field: Json
  readonly value: string
  onChange(value: string): void
}

function Field({ field, value, onChange }: FieldProps) {
  const name = textIn(field['name'])
  const type = textIn(field['field_type'])
  const control = useId()
  return (
    <div class="field">
      <label for={control}>
        {name} <span class="dim">{type}</span>
      </label>
      {textIn(field['description']) === '' ? null : (
        <span class="dim">{textIn(field['description'])}</span>
      )}
      {type === 'bool' ? (
        <select
          id={control}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
        >
          <option value="">–</option>
          <option value="true">{strings.yes}</option>
          <option value="false">{strings.no}</option>
        </select>
      ) : (
        <input
          id={control}
          value={value}
          inputMode={type === 'int' || type === 'float' ? 'decimal' : 'text'}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </div>
  )
}

const shown = (value: unknown) =>
  value === null || value === undefined
    ? ''
    : typeof value === 'string'
      ? value
      : JSON.stringify(value)

/** Converts a text to the Python type of its field. */
function converted(field: Json, text: string): unknown {
  const type = textIn(field['field_type'])
  if (type === 'int' || type === 'float') return Number(text)
  if (type === 'bool') return text === 'true'
  return type === 'list' || type === 'dict' ? JSON.parse(text) : text
}

function fault(field: Json, text: string): string | undefined {
  const name = textIn(field['name'])
  if (text === '') return strings.missingValue(name)
  try {
    const value = converted(field, text)
    return typeof value === 'number' && Number.isNaN(value) ? strings.noNumber(name) : undefined
  } catch {
    return strings.noJson(name)
  }
}
