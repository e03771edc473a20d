import { expect, test } from 'vitest'
import { routePattern } from '../../../src/metrics/route-pattern.ts'

const patternOf = (url: string, route: string) => routePattern({ context: { route }, raw: { url } })

test.each([
  ['/agents/a/runs', '/agents/{id}/runs'],
  ['/agents/a/runs/?x=1', '/agents/{id}/runs'],
  ['/agents/runs/runs', '/agents/{id}/runs'],
  ['/teams/t/runs/r-1?session_id=s', '/teams/{id}/runs/{run_id}'],
  ['/agents/a/runs/r-1/cancel', '/agents/{id}/runs/{run_id}/cancel'],
  ['/agents/a/runs/r-1/checkpoints/4', '/agents/{id}/runs/{run_id}/checkpoints/{index}'],
  ['/agents/a/sessions/s-1/fork', '/agents/{id}/sessions/{session_id}/fork'],
  ['/agents/a/anything', '/agents/{id}/*'],
  ['/agents/a/runs/r-1/anything', '/agents/{id}/*'],
])('the path %s has the metric route %s', (url, pattern) => {
  const kind = url.split('/')[1]
  expect(patternOf(url, `/${kind}/:id/*`)).toBe(pattern)
})

test('a path outside components has its route pattern or none', () => {
  expect(patternOf('/sessions/s-1/runs', '/sessions/:session_id/runs')).toBe(
    '/sessions/{session_id}/runs',
  )
  expect(patternOf('/nowhere', '')).toBeUndefined()
})
