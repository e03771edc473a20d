import { expect, test } from 'vitest'
import { isInBlocks } from '../../../src/limits/address-block.ts'

const BLOCKS = ['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', '::1']

test.each([
  ['10.255.0.1', true],
  ['11.0.0.1', false],
  ['192.0.2.7', true],
  ['192.0.2.8', false],
  ['2001:db8:1::2', true],
  ['2001:db9::1', false],
  ['::1', true],
])('a list of blocks matches the address %s: %s', (address, isMatch) => {
  expect(isInBlocks(BLOCKS, address)).toBe(isMatch)
})

test('an empty list of blocks matches no address', () => {
  expect(isInBlocks([], '10.0.0.1')).toBe(false)
})
