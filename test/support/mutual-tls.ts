/** Sends forms to a gateway that requires client certificates. */
import { Agent, request } from 'node:https'
import { text } from 'node:stream/consumers'
import type { TestCertificate } from './certificates.ts'

/**
 * Posts the form and returns the JSON of the answer.
 *
 * @param own certificate of the gateway, which is its own authority
 */
export async function postSecurely(
  url: string,
  form: URLSearchParams,
  { own, client }: { readonly own: TestCertificate; readonly client: TestCertificate },
): Promise<unknown> {
  const agent = new Agent({ ca: own.cert, cert: client.cert, key: client.key })
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const sent = request(url, { method: 'POST', agent, headers }, (response) => {
    text(response).then(resolve, reject)
  })
  sent.once('error', reject).end(String(form))
  const answer = await promise
  agent.destroy()
  return JSON.parse(answer)
}
