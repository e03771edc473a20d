import { expect, test } from 'vitest'
import { greeting } from '../../../cli/greeting.ts'

test('the greeting shows the URL on which the gateway listens', () => {
  expect(greeting('http://127.0.0.1:8080')).toContain('  curl http://127.0.0.1:8080/agents\n')
})

test.each(['http://0.0.0.0:8080', 'http://[::]:8080'])(
  'the greeting shows localhost for the wildcard address %s',
  (url) => {
    expect(greeting(url)).toContain('  curl http://localhost:8080/agents\n')
  },
)
