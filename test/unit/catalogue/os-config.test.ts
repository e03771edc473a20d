import { expect, test } from 'vitest'
import { Databases } from '../../../src/catalogue/databases.ts'
import { IdLocationCache } from '../../../src/catalogue/id-location-cache.ts'
import { readOsConfig } from '../../../src/catalogue/os-config.ts'
import type { Upstream } from '../../../src/upstream/upstream.ts'

const upstream = (name: string, databasePrefix = '') =>
  ({ name, config: { name, databasePrefix } }) as Upstream

const CONFIG = {
  os_database: 'db1',
  databases: ['db1', 'db2'],
  session: { dbs: [{ db_id: 'db1' }, { db_id: 'db2' }, null] },
  traces: { dbs: [{ db_id: 'db2' }] },
  memory: { dbs: [] },
  knowledge: { knowledge_instances: [{ id: 'k', db_id: 'db3' }, { name: 'nameless' }] },
  interfaces: [{ type: 'a2a', route: '/a2a/' }, { type: 'x' }],
}

test('the config of an upstream lists its databases by domain', () => {
  expect(readOsConfig(CONFIG)).toEqual({
    databases: ['db1', 'db2'],
    systemDatabase: 'db1',
    domains: { session: ['db1', 'db2'], traces: ['db2'] },
    knowledge: [['k', 'db3']],
    interfaces: [{ type: 'a2a', route: '/a2a' }],
  })
})

test.each([null, 7, [], { databases: 'x', session: null, interfaces: {} }])(
  'a config of an unknown shape announces no databases: %j',
  (config) => {
    expect(readOsConfig(config)).toEqual({
      databases: [],
      systemDatabase: undefined,
      domains: {},
      knowledge: [],
      interfaces: [],
    })
  },
)

test('equal database ids mean one shared database unless a prefix separates them', () => {
  const [a, b, c] = [upstream('a'), upstream('b'), upstream('c', 'c-')]
  const places = readOsConfig(CONFIG)
  const databases = new Databases(new Map([a, b, c].map((one) => [one, places])))
  expect(databases.ownersOf('db1').map((owner) => owner.upstream)).toEqual([a, b])
  expect(databases.ownersOf('c-db1')).toEqual([{ upstream: c, upstreamId: 'db1' }])
  expect(databases.knowledgeOwners('c-k')).toEqual([{ upstream: c, upstreamId: 'k' }])
  expect([...databases.inDomain('traces').keys()]).toEqual(['db2', 'c-db2'])
  expect([...databases.inDomain('memory').keys()]).toEqual(['db1', 'db2', 'c-db1', 'c-db2'])
  expect(databases.systems()).toEqual([[a, b], [c]])
  expect(databases.sharing(a)).toEqual([b])
  expect(databases.sharing(c)).toEqual([])
})

test('an id seen at two upstreams counts as unknown until set', () => {
  const seen = new IdLocationCache()
  const [a, b] = [{ upstream: upstream('a') }, { upstream: upstream('b') }]
  seen.add('session', 's', a)
  seen.add('session', 's', { ...a })
  expect(seen.get('session', 's')).toEqual(a)
  expect(seen.get('memory', 's')).toBeUndefined()
  seen.add('session', 's', b)
  seen.add('session', 's', a)
  expect(seen.get('session', 's')).toBeUndefined()
  seen.set('session', 's', b)
  expect(seen.get('session', 's')).toBe(b)
  seen.delete('session', 's')
  expect(seen.get('session', 's')).toBeUndefined()
})
