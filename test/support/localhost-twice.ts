/** Loaded first by a process under test: `localhost` resolves to two addresses, not to those of the hosts file. */
import dns from 'node:dns/promises'
import { syncBuiltinESMExports } from 'node:module'

const { lookup } = dns
const both = ['127.0.0.1', process.env['SECOND_ADDRESS'] ?? '127.0.0.2']

dns.lookup = (async (name: string, options: object) =>
  name === 'localhost'
    ? both.map((address) => ({ address }))
    : lookup(name, options)) as typeof lookup
syncBuiltinESMExports()
