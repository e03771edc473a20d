import { expect, onTestFinished, test } from 'vitest'
import { startDemo } from '../../../demo/index.ts'
import { startGateway } from '../../support/gateway.ts'

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>
}

test('the demo shows its runs in the OpenAPI document of the gateway', async () => {
  const demo = await startDemo()
  onTestFinished(() => demo.close())
  const { upstreams } = demo
  const gateway = await startGateway({ upstreams }, { ready: upstreams.map(({ name }) => name) })
  const answer = await fetch(`${gateway.url}/openapi.json`)
  expect(answer.headers.get('x-agentos-partial')).toBeNull()
  const { paths } = (await answer.json()) as Document
  for (const kind of ['agent', 'team', 'workflow']) {
    const { post } = paths[`/${kind}s/{${kind}_id}/runs`] ?? {}
    expect(post).toMatchObject({ operationId: `create_${kind}_run`, requestBody: {} })
    expect(Object.keys(paths[`/${kind}s`] ?? {})).toEqual(['get'])
  }
})
