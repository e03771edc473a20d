/** Plain Fastify with the gateway's answer to `/health`. Arguments: upstream URL, port. */
import fastify from 'fastify'

const app = fastify()
const health = JSON.stringify({ status: 'ok', instantiated_at: new Date().toISOString() })
app.get('/health', (_request, reply) =>
  reply.header('content-type', 'application/json').send(health),
)
await app.listen({ port: Number(process.argv[3]), host: '127.0.0.1' })
process.stdout.write('ready\n')
