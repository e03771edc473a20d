import { expect, test } from 'vitest'
import { greeting } from '../../../cli/greeting.ts'

test('the greeting names the URL that was listened on', () => {
  expect(greeting('http://127.0.0.1:8080')).toContain('  curl http://127.0.0.1:8080/agents\n')
})

test.each(['http://0.0.0.0:8080', 'http://[::]:8080'])(
  'the greeting turns %s, which is no address to call, into localhost',
  (url) => {
    expect(greeting(url)).toContain('  curl http://localhost:8080/agents\n')
  },
)
