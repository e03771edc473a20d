import { expect, test } from 'vitest'
import { UnexpectedErrors } from '../../../cli/unexpected-errors.ts'
import { LogCapture } from '../../support/log-capture.ts'

function watched() {
  const log = new LogCapture()
  let ended = 0
  const unexpected = new UnexpectedErrors(log.logger, () => {
    ended++
  })
  return { log, unexpected, ended: () => ended }
}

test('an uncaught exception is logged and the process continues', () => {
  const { log, unexpected, ended } = watched()
  unexpected.note(new TypeError('x is not a function'))
  unexpected.note('a rejection without an error')
  expect(log.lines).toMatchObject([
    {
      level: 50,
      msg: 'unexpected error: the process continues',
      err: { message: 'x is not a function' },
    },
    { level: 50, err: 'a rejection without an error' },
  ])
  expect(ended()).toBe(0)
})

test('too many uncaught exceptions in a short time end the process once', () => {
  const { unexpected, ended } = watched()
  for (let count = 0; count < 19; count++) unexpected.note(new Error('one'), count)
  expect(ended()).toBe(0)
  expect(unexpected.isTooMuch).toBe(false)
  for (let count = 0; count < 5; count++) unexpected.note(new Error('more'), 100)
  expect(ended()).toBe(1)
  expect(unexpected.isTooMuch).toBe(true)
})

test('many uncaught exceptions over a long time do not end the process', () => {
  const { unexpected, ended } = watched()
  for (let count = 0; count < 1_000; count++) unexpected.note(new Error('one'), count * 600)
  expect(ended()).toBe(0)
})
