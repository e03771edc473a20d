/** Tests the hints for configuration keys that other programs use. */
import { describe, expect, test } from 'vitest'
import { foreignKey } from '../../../config/foreign-keys.ts'

describe('foreign keys', () => {
  test.each([
    [[], 'Backends', 'x', 'upstreams:'],
    [[], 'verbose', true, '  level: debug'],
    [[], 'bind', 'localhost', '  host: localhost'],
    [[], 'jwt-secret', 'x', '  mode: jwt'],
    [[], 'api_key', 'x', '  mode: security_key'],
    [[], 'redis', 'x', `store: "\${REDIS_URL}"`],
    [[], 'allow_origins', 'x', 'cors:'],
    [['upstreams', 0], 'endpoint', 'http://os:7777', 'url: http://os:7777'],
    [['upstreams', 0], 'replicas', 2, 'urls:'],
    [['upstreams', 0], 'id', 'research', 'name: research'],
    [['agents', 1], 'name', 'a1', 'agent_id: a1'],
    [['agents', 1], 'url', 'http://a', 'base_url: http://a'],
    [['teams', 0], 'name', 't1', 'team_id: t1'],
    [['teams', 0], 'url', 'http://t', 'base_url: http://t'],
    [['workflows', 0], 'name', 'w1', 'workflow_id: w1'],
    [['workflows', 0], 'url', 'http://w', 'base_url: http://w'],
    [['auth'], 'type', 'x', 'mode: jwt'],
    [['auth'], 'jwks_uri', 'https://i/jwks', 'jwks_url: https://i/jwks'],
  ])('under %j the foreign key %s of %s suggests: %s', (above, key, value, line) => {
    const hint = foreignKey(above, key, value)
    expect(hint?.message).toBe('unknown key')
    expect(hint?.example).toContain(line)
  })

  test('a secret is never repeated in the lines to copy', () => {
    const bearer = foreignKey(['upstreams', 0], 'token', 'hunter2')
    const secret = foreignKey(['auth'], 'secret', 'hunter2')
    expect(bearer?.example.join('\n')).toContain(`credentials: { bearer: "\${TOKEN}" }`)
    expect(secret?.example).toEqual(['keys:', `  - { alg: HS256, secret: "\${JWT_SECRET_KEY}" }`])
    expect(JSON.stringify([bearer, secret])).not.toContain('hunter2')
  })

  test('a value that needs quotes is shown as an ellipsis', () => {
    expect(foreignKey(['upstreams', 0], 'host', 'http://me:pw@os')?.example).toEqual(['url: …'])
    expect(foreignKey(['upstreams', 0], 'id', 7)?.example).toEqual(['name: …'])
  })

  test('a key that no other program has gets no hint', () => {
    expect(foreignKey([], 'replicas', 2)).toBeUndefined()
    expect(foreignKey(['store'], 'redis', 'x')).toBeUndefined()
  })
})
