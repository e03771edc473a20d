/** A minimal Node proxy: node:http in front, undici behind, streams piped. Arguments: upstream URL, port. */
import http from 'node:http'
import { Pool } from 'undici'

const [upstream = '', port = '0'] = process.argv.slice(2)
const pool = new Pool(upstream, { headersTimeout: 0, bodyTimeout: 0 })
const server = http.createServer((request, response) => {
  const { method = 'GET', url: path = '/', headers } = request
  const { connection: _, 'transfer-encoding': __, ...sent } = headers
  const aborter = new AbortController()
  response.on('close', () => aborter.abort())
  const body = method === 'GET' ? null : request
  pool
    .request({ method, path, headers: sent, body, signal: aborter.signal })
    .then((answer) => {
      const { 'transfer-encoding': ___, connection: ____, ...kept } = answer.headers
      response.writeHead(answer.statusCode, kept)
      answer.body.on('error', () => response.destroy()).pipe(response)
    })
    .catch(() => response.destroy())
})
server.listen(Number(port), '127.0.0.1', 4_096, () => process.stdout.write('ready\n'))
