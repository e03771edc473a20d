/** Fills answers into the schemas of a pause. */
import type { Json } from '../api/types.ts'
import { listIn, objectIn, textIn } from '../api/types.ts'

/** Returns the input schema with its values. */
export function filled(schema: unknown, values: Json): Json[] {
  return listIn(schema).map((each) => {
    const field = objectIn(each)
    const name = textIn(field['name'])
    return Object.hasOwn(values, name) ? { ...field, value: values[name] } : field
  })
}

/** Returns the feedback schema with its answers. */
export function selected(
  schema: unknown,
  chosen: Readonly<Record<string, readonly string[]>>,
): Json[] {
  return listIn(schema).map((each) => {
    const question = objectIn(each)
    const labels = chosen[textIn(question['question'])] ?? []
    const options = listIn(question['options']).map((option) => ({
      ...objectIn(option),
      selected: labels.includes(textIn(objectIn(option)['label'])),
    }))
    return { ...question, options, selected_options: labels }
  })
}
