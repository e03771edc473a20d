import { describe, expect, test } from 'vitest'
import { answerTo, begin, send } from '../support/client.ts'
import { gatewayWithUpstream } from '../support/gateway.ts'

async function sent(headers: Record<string, string>, body: string | Buffer, path = '/runs') {
  const { upstream, gateway } = await gatewayWithUpstream()
  const answering = send(`${gateway.url}/agents/echo${path}`, { method: 'POST', headers, body })
  const exchange = await Promise.race([upstream.next(), answering.then(() => undefined)])
  const received = exchange && (await exchange.body())
  exchange?.json({ ok: true })
  return { headers: exchange?.request.headers, received, answer: await answering, upstream }
}

const json = (value: unknown) =>
  sent(
    { 'content-type': 'application/json' },
    typeof value === 'string' ? value : JSON.stringify(value),
  )

describe('run bodies', () => {
  test('a multipart run reaches the upstream byte for byte', async () => {
    const type = 'multipart/form-data; boundary="=_odd boundary"'
    const body = Buffer.concat([
      Buffer.from(
        '--=_odd boundary\r\ncontent-disposition: form-data; name="files"; filename="a"\r\n\r\n',
      ),
      Buffer.from([0, 255, 13, 10, 13, 10, 45, 45]),
      Buffer.from('\r\n--=_odd boundary--\r\n'),
    ])
    const { headers, received } = await sent({ 'content-type': type }, body)
    expect(headers?.['content-type']).toBe(type)
    expect(received?.equals(body)).toBe(true)
  })

  test('a urlencoded run reaches the upstream byte for byte', async () => {
    const body = 'message=a%20b+c%E2%82%AC&stream=true&x='
    const { headers, received } = await sent(
      { 'content-type': 'application/x-www-form-urlencoded' },
      body,
    )
    expect(received?.toString()).toBe(body)
    expect(headers?.['content-length']).toBe(String(body.length))
  })

  test('a JSON run becomes the form that AgentOS accepts', async () => {
    const { headers, received } = await json({
      message: 'hé & ho',
      stream: false,
      monitor: null,
      session_state: { a: [1, 2.5] },
      n: 3,
    })
    expect(headers?.['content-type']).toBe('application/x-www-form-urlencoded')
    expect(Object.fromEntries(new URLSearchParams(received?.toString()))).toEqual({
      message: 'hé & ho',
      stream: 'false',
      session_state: '{"a":[1,2.5]}',
      n: '3',
    })
  })

  test('a JSON body labelled as a form becomes a form', async () => {
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const { received } = await sent(type, '{"message":"a & b","stream":false}')
    expect(received?.toString()).toBe('message=a+%26+b&stream=false')
  })

  test.each(['{message=hi', '{"message":"hi"', '{}&message=hi', '[1]'])(
    'a form that only begins like JSON is not changed: %s',
    async (body) => {
      const type = { 'content-type': 'application/x-www-form-urlencoded' }
      expect((await sent(type, body)).received?.toString()).toBe(body)
    },
  )

  test('a JSON continue request becomes a form', async () => {
    const type = { 'content-type': 'application/vnd.acme+json; charset=utf-8' }
    const { received } = await sent(
      type,
      '{"tools":[{"confirmed":true}]}',
      '/runs/r-1/continue?x=1',
    )
    expect(new URLSearchParams(received?.toString()).get('tools')).toBe('[{"confirmed":true}]')
  })

  test('JSON for a route that accepts JSON is not changed', async () => {
    const body = '{"name": "kept as it is"}'
    const { headers, received } = await sent({ 'content-type': 'application/json' }, body, '/other')
    expect(headers?.['content-type']).toBe('application/json')
    expect(received?.toString()).toBe(body)
  })

  test('a chunked run body reaches the upstream whole', async () => {
    const { upstream, gateway } = await gatewayWithUpstream()
    for (const size of [10, 300_000]) {
      const request = begin(`${gateway.url}/agents/echo/runs`, { method: 'POST' })
      const body = Buffer.alloc(size, 'ab')
      request.write(body.subarray(0, 5))
      request.write(body.subarray(5))
      request.end()
      const exchange = await upstream.next()
      expect((await exchange.body()).equals(body)).toBe(true)
      exchange.json({})
      expect((await answerTo(request)).status).toBe(200)
    }
  })
})

describe('runs with unusable JSON', () => {
  test.each([
    ['malformed', '{"message": ', 'json_invalid'],
    ['empty', '', 'json_invalid'],
    ['non-object', '["hi"]', 'model_attributes_type'],
    ['null', 'null', 'model_attributes_type'],
  ])("a run with %s JSON answers FastAPI's 422 and is not forwarded", async (_name, body, type) => {
    const { answer, upstream } = await json(body)
    expect(answer.status).toBe(422)
    expect(answer.headers['x-agentos-gateway-error']).toBe('AGW_BODY_INVALID')
    expect(await answer.json()).toMatchObject({ detail: [{ type }] })
    expect(upstream.waiting).toBe(0)
  })
})

test('a multipart body without a boundary is forwarded to the upstream', async () => {
  const { headers, received, answer } = await sent({ 'content-type': 'multipart/form-data' }, 'x')
  expect([headers?.['content-type'], received?.toString()]).toEqual(['multipart/form-data', 'x'])
  expect(answer.status).toBe(200)
})
