/** Verifies tokens through the same plugins as the server does, with @fastify/jwt. */
import fastify from 'fastify'
import { onTestFinished } from 'vitest'
import type { AuthConfig } from '../../../config/types.ts'
import auth from '../../../plugins/auth.ts'
import errors from '../../../plugins/errors.ts'
import gatewayPlugin from '../../../plugins/gateway.ts'
import facts from '../../../plugins/request-context.ts'
import type { Authenticator } from '../../../src/auth/authenticator.ts'
import { Gateway } from '../../../src/gateway.ts'
import { configOf } from '../../support/gateway.ts'

/** @param composerKey secret that the composer signs the identities of callers with. Default: none */
export async function authenticatorFor(
  section: object,
  composerKey?: string,
): Promise<Authenticator> {
  const parsed = configOf({
    upstreams: [{ name: 'a', url: 'http://127.0.0.1:1', discover: false }],
    auth: section,
  })
  const config = { ...parsed, auth: { ...parsed.auth, composerKey } }
  const app = fastify()
  onTestFinished(() => app.close())
  await app.register(facts)
  await app.register(gatewayPlugin, { gateway: new Gateway(config) })
  await app.register(errors)
  await app.register(auth)
  return app.authenticatorOf(config)
}

/** Returns a function that gives the subject of a token, or the text of its refusal. */
export async function judge(section: object): Promise<(token: string) => Promise<string>> {
  const authenticator = await authenticatorFor({ mode: 'jwt', ...section })
  return async (token) => {
    try {
      const { claims } = await authenticator.authenticate({ authorization: `Bearer ${token}` })
      return `sub ${claims?.sub}`
    } catch (error) {
      return (error as Error).message
    }
  }
}

/** Returns the parsed `auth` section of a configuration. */
export function authConfig(section: object): AuthConfig {
  return configOf({ upstreams: [{ name: 'a', url: 'http://a' }], auth: section }).auth
}
