import { expect, test } from 'vitest'
import { complaintAbout } from '../../../cli/node-version.ts'
import { NODE_RANGE } from '../../../src/version.ts'

test.each(['22.19.0', '22.20.1', '24.0.0', '26.1.0'])(
  'Node %s satisfies the required range',
  (version) => {
    expect(complaintAbout(version, '>=22.19')).toBeUndefined()
  },
)

test.each(['22.18.9', '20.20.2', '18.0.0'])('Node %s is reported as too old', (version) => {
  expect(complaintAbout(version, '>=22.19')).toBe(
    `needs Node 22.19 or later; this is Node ${version}`,
  )
})

test('the Node range in package.json has the supported form', () => {
  expect(NODE_RANGE).toMatch(/^>=\d+\.\d+$/)
})
