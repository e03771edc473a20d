/** Registers a plugin of another package, whose hooks run only for the requests that need them. */
import type { FastifyInstance, FastifyPluginCallback, onRequestHookHandler } from 'fastify'

/** Adds a hook of the plugin. The type of `name` is that of one hook; every hook comes here. */
type AddHook = (name: 'onRequest', hook: onRequestHookHandler) => FastifyInstance

/**
 * The app as the plugin sees it: it also gets the instance decorators of the plugin.
 *
 * @param addHook called in place of `app.addHook`
 */
export function hostFor(app: FastifyInstance, addHook: AddHook): FastifyInstance {
  return Object.create(app, { addHook: { value: addHook } })
}

/** @throws the error that the plugin reports */
export function registerIn<Options extends object>(
  host: FastifyInstance,
  plugin: FastifyPluginCallback<Options>,
  options: Options,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  plugin(host, options, (error) => (error ? reject(error) : resolve()))
  return promise
}
