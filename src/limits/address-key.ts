/** Whose address it is: what one caller can take as many of as they like counts as one. */
import { isIPv6 } from 'node:net'

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

/**
 * The address itself, but for IPv6 the /64 it is in: that is the least a network is given, and any of its addresses can be
 * used by whoever has it. IPv4 in IPv6 counts as IPv4.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6177
 */
export function addressKey(address: string): string {
  const mapped = MAPPED.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!isIPv6(address)) return address
  const [plain = ''] = address.split('%', 1)
  const [left = '', right] = plain.split('::')
  const before = left === '' ? [] : left.split(':')
  const after = right === undefined || right === '' ? [] : right.split(':')
  const zeros = right === undefined ? [] : Array<string>(8 - before.length - after.length).fill('0')
  const groups = [...before, ...zeros, ...after].slice(0, 4)
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`
}
