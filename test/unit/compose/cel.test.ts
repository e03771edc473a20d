import { expect, test } from 'vitest'
import { compileExpression } from '../../../src/compose/cel.ts'

const seen = {
  input: 'yes please',
  previous_step_content: '',
  previous_step_outputs: { facts: 'none' },
  additional_data: { kind: 'east', n: 3 },
  session_state: {},
  step_choices: ['east', 'west'],
}

test.each([
  ['condition', 'input.contains("yes")', true],
  ['condition', 'previous_step_outputs.facts == "none"', true],
  ['condition', '"x" in previous_step_outputs', false],
  ['condition', 'has(additional_data.other)', false],
  ['condition', 'additional_data.n > 2', true],
  ['router', 'additional_data.kind', 'east'],
  ['router', 'step_choices[1]', 'west'],
] as const)('a %s expression evaluates %s', (use, text, value) => {
  expect(compileExpression(text, use)(seen)).toBe(value)
})

test.each([
  ['condition', 'input.contains('],
  ['condition', 'unknown_variable == 1'],
  ['condition', 'input'],
  ['loop', 'input == "x"'],
  ['router', '1 + 1'],
] as const)('a %s refuses the expression %s', (use, text) => {
  expect(() => compileExpression(text, use)).toThrow()
})

test.each([
  ['condition', 'additional_data.kind', 'string, where bool is needed'],
  ['condition', 'session_state', 'map'],
  ['router', 'additional_data.n', 'where string is needed'],
  ['router', '[additional_data.n]', 'where string is needed'],
] as const)('a %s with %s fails with a value of the wrong type', (use, text, message) => {
  const run = () => compileExpression(text, use)(seen)
  expect(run).toThrow(message)
})

test('an expression without a value fails with its text', () => {
  const run = () => compileExpression('additional_data.other == 1', 'condition')(seen)
  expect(run).toThrow('additional_data.other == 1')
})
