/** Starts nginx, as a distribution packages it, as a load balancer. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { freePort } from '../../support/free-port.ts'
import { until } from './wait.ts'

/** Starts nginx in front of the gateways with kept connections. */
export async function startNginx(urls: readonly string[]): Promise<{ readonly url: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'nginx-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const port = await freePort()
  const servers = urls.map((one) => `server ${new URL(one).host} max_fails=0;`).join(' ')
  await writeFile(
    join(directory, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${directory}/pid; error_log ${directory}/error.log;
events { worker_connections 2048; }
http {
  access_log off; client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/f; uwsgi_temp_path ${directory}/u; scgi_temp_path ${directory}/s;
  upstream gateways { ${servers} keepalive 32; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://gateways; proxy_http_version 1.1; proxy_set_header connection "";
      proxy_buffering off; proxy_read_timeout 120s; proxy_next_upstream error timeout;
    }
  }
}`,
  )
  const child = spawn('nginx', ['-p', directory, '-c', join(directory, 'nginx.conf')])
  onTestFinished(() => {
    child.kill('SIGTERM')
  })
  const url = `http://127.0.0.1:${port}`
  await until(async () => (await fetch(url).catch(() => undefined)) !== undefined, 'nginx')
  return { url }
}
