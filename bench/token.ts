/** The token that every request of the load carries. Only the gateway verifies it. */
import { createHmac } from 'node:crypto'

/** Secret of the gateway's configuration. */
export const SECRET = 'a-secret-for-the-benchmark-of-32-bytes'

export const TOKEN = signed({ sub: 'bench', scopes: ['agent_os:admin'] })

function signed(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const input = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`
  return `${input}.${createHmac('sha256', SECRET).update(input).digest('base64url')}`
}
