/** Form for questions with one or several options. */
import { useSignal } from '@preact/signals'
import type { Json } from '../../api/types.ts'
import { listIn, objectIn, textIn } from '../../api/types.ts'
import { strings } from '../../strings.ts'
import type { PauseItemProps } from './pause-item-props.ts'

type Chosen = Readonly<Record<string, readonly string[]>>

export function UserFeedback({ item, isBusy, onDecide }: PauseItemProps) {
  const questions = listIn(item.tool?.['user_feedback_schema']).map(objectIn)
  const chosen = useSignal<Chosen>({})
  const isComplete = questions.every(
    (question) => (chosen.value[textIn(question['question'])] ?? []).length > 0,
  )
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault()
        onDecide({ chosen: chosen.value })
      }}
    >
      {questions.map((question) => {
        const text = textIn(question['question'])
        return (
          <Choice
            key={text}
            legend={text}
            options={listIn(question['options']).map(objectIn)}
            isMultiple={question['multi_select'] === true}
            chosen={chosen.value[text] ?? []}
            onChange={(labels) => {
              chosen.value = { ...chosen.value, [text]: labels }
            }}
          />
        )
      })}
      <div class="row">
        <button type="submit" class="primary" disabled={isBusy || !isComplete}>
          {strings.submit}
        </button>
      </div>
    </form>
  )
}

/** Form that chooses the route of a workflow's router. */
export function RouteChoice({ item, isBusy, onDecide }: PauseItemProps) {
  const chosen = useSignal<readonly string[]>([])
  const options = listIn(item.step?.['available_choices']).map((label) => ({ label }))
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault()
        onDecide({ chosen: { '': chosen.value } })
      }}
    >
      <Choice
        legend={strings.whichWay}
        options={options}
        isMultiple={item.step?.['allow_multiple_selections'] === true}
        chosen={chosen.value}
        onChange={(labels) => {
          chosen.value = labels
        }}
      />
      <div class="row">
        <button type="submit" class="primary" disabled={isBusy || chosen.value.length === 0}>
          {strings.submit}
        </button>
      </div>
    </form>
  )
}

interface ChoiceProps {
  readonly legend: string
  readonly options: readonly Json[]
  readonly isMultiple: boolean
  readonly chosen: readonly string[]
  onChange(labels: readonly string[]): void
}

function Choice({ legend, options, isMultiple, chosen, onChange }: ChoiceProps) {
  const toggle = (label: string) => {
    if (!isMultiple) return onChange([label])
    onChange(chosen.includes(label) ? chosen.filter((one) => one !== label) : [...chosen, label])
  }
  return (
    <fieldset>
      <legend>{legend}</legend>
      {options.map((option) => {
        const label = textIn(option['label'])
        return (
          <label class="check" key={label}>
            <input
              type={isMultiple ? 'checkbox' : 'radio'}
              name={legend}
              checked={chosen.includes(label)}
              onChange={() => toggle(label)}
            />{' '}
            {label} <span class="dim">{textIn(option['description'])}</span>
          </label>
        )
      })}
    </fieldset>
  )
}
