/** @fastify/http-proxy configured as in its README. Arguments: upstream URL, port. */
import proxy from '@fastify/http-proxy'
import fastify from 'fastify'

const [upstream = '', port = '0'] = process.argv.slice(2)
const app = fastify({ bodyLimit: 4 * 1024 ** 3 })
await app.register(proxy, { upstream, undici: { headersTimeout: 0, bodyTimeout: 0 } })
await app.listen({ port: Number(port), host: '127.0.0.1' })
process.stdout.write('ready\n')
