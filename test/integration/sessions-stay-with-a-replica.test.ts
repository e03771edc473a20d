import { describe, expect, test } from 'vitest'
import { run, send } from '../support/client.ts'
import { gatewayOverReplicas, startRunReplicas } from '../support/run-replicas.ts'

async function gateway(document: object, balancing: object = {}) {
  const replicas = await startRunReplicas(['a', 'b', 'c'])
  const { url } = await gatewayOverReplicas(replicas, document, balancing)
  const runs = () => replicas.map((replica) => replica.runs.size).sort((a, b) => a - b)
  return { replicas, runs, url: `${url}/agents/echo/runs` }
}

const MULTIPART = [
  '--x\r\ncontent-disposition: form-data; name="message"\r\n\r\nhi\r\n',
  '--x\r\ncontent-disposition: form-data; name="session_id"\r\n\r\ns-9\r\n--x--\r\n',
].join('')

/** Sends the same session id in each body format. */
async function runInEveryForm(url: string) {
  const post = (body: string, type: string) =>
    send(url, { method: 'POST', body, headers: { 'content-type': type } })
  await run(url, 'message=hi&session_id=s-9')
  await post(MULTIPART, 'multipart/form-data; boundary=x')
  await post('{"message":"hi","session_id":"s-9"}', 'application/json')
}

describe('session affinity', () => {
  test('a session continues at the replica where it began', async () => {
    const { url, replicas, runs } = await gateway({ affinity: { session: true } })
    await run(url)
    expect(runs()).toEqual([0, 0, 1])
    const { name } = replicas.find((replica) => replica.runs.size === 1) ?? { name: '' }
    for (let count = 0; count < 5; count++) await run(url, `message=hi&session_id=s-${name}-1`)
    expect(runs()).toEqual([0, 0, 6])
  })

  test('a session moves to another replica when its own is down', async () => {
    const { url, replicas } = await gateway({ affinity: { session: true } })
    await run(url)
    const home = replicas.find((replica) => replica.runs.size === 1)
    await home?.close()
    for (let count = 0; count < 4; count++) {
      const answer = await run(url, `message=hi&session_id=s-${home?.name}-1`)
      expect(answer.status).toBe(202)
    }
    expect(home?.runs.size).toBe(1)
  })
})

describe('no affinity', () => {
  test('replicas take turns without session affinity', async () => {
    const { url, runs } = await gateway({})
    for (let count = 0; count < 6; count++) await run(url, 'message=hi&session_id=s-a-1')
    expect(runs()).toEqual([2, 2, 2])
  })
})

describe('hash policy', () => {
  test('hash by session_id sends a session in any format to one replica', async () => {
    const { url, runs } = await gateway({}, { policy: { hash: 'session_id' } })
    await runInEveryForm(url)
    expect(runs()).toEqual([0, 0, 3])
  })

  test('hash by user_id keeps a user at one replica and spreads users', async () => {
    const { url, runs } = await gateway({}, { policy: { hash: 'user_id' } })
    for (let count = 0; count < 4; count++) await run(url, 'message=hi&user_id=u-1')
    expect(runs()).toEqual([0, 0, 4])
    for (let user = 0; user < 40; user++) await run(url, `message=hi&user_id=u-${user}`)
    expect(Math.min(...runs())).toBeGreaterThan(4)
  })
})
