/** Matches an address against a list of addresses and CIDR blocks (RFC 4632), such as the trusted proxies. */
import { BlockList, isIPv6 } from 'node:net'

/** Parsed lists by their configuration array. A reload brings a new array. */
const known = new WeakMap<readonly string[], BlockList>()

/** @param blocks addresses, or blocks such as `10.0.0.0/8`; each array is parsed once */
export function isInBlocks(blocks: readonly string[], address: string): boolean {
  if (blocks.length === 0) return false
  let list = known.get(blocks)
  if (list === undefined) {
    list = blockList(blocks)
    known.set(blocks, list)
  }
  return list.check(address, familyOf(address))
}

function blockList(blocks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const block of blocks) {
    const [network = '', bits] = block.split('/')
    const family = familyOf(network)
    const allBits = family === 'ipv6' ? 128 : 32
    list.addSubnet(network, bits === undefined ? allBits : Number(bits), family)
  }
  return list
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4'
}
