import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { type ProxyOptions, started, type TestProxy } from './proxy.ts'
import { freePort } from './server.ts'

const CONFIGURATION = join(import.meta.dir, '..', '..', 'docker', 'nginx.conf')

/** CI has it; elsewhere tests that need it are left out. Debian keeps it where only root looks. */
const NGINX = Bun.which('nginx') ?? ['/usr/sbin/nginx'].find((path) => existsSync(path))
export const hasNginx = NGINX !== undefined
if (!hasNginx && process.env.CI) throw new Error('nginx is not installed: apt-get install nginx')

/** Starts an nginx, with a certificate of an authority that is made for it. */
export async function startNginx({ upstreams, port, site, ready }: ProxyOptions): Promise<TestProxy> {
  const home = mkdtempSync(join(tmpdir(), 'mc-nginx-'))
  // Its workers are another user than root.
  chmodSync(home, 0o755)
  const at = (name: string) => join(home, name)
  await writeCertificate(at)
  const http_port = freePort()
  const ports = { port, http_port }
  const product = readFileSync(CONFIGURATION, 'utf8')
  const own = `server {
    listen 127.0.0.1:${port} ssl;
    server_name localhost;
    ssl_certificate ${at('certificate.pem')};
    ssl_certificate_key ${at('key.pem')};
    ${site}
  }`
  writeFileSync(at('site.conf'), site === undefined ? adapted(product, at, ports, upstreams) : own)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  mkdirSync(at('temporary'))
  chmodSync(at('temporary'), 0o755)
  writeFileSync(
    at('nginx.conf'),
    `daemon off;
pid ${at('pid')};
worker_processes 2;
error_log ${at('error.log')} warn;
events { worker_connections 512; }
http {
  types { }
  default_type application/octet-stream;
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${at(`temporary/${name}`)};`).join('\n  ')}
  include ${at('site.conf')};
}
`,
  )
  const command = [NGINX ?? 'nginx', '-p', home, '-e', at('error.log'), '-c', at('nginx.conf')]
  const child = Bun.spawn(command, { stdout: 'ignore', stderr: 'ignore' })
  const logs = ['access.log', 'site-error.log', 'error.log']
  const proxy: TestProxy = {
    port,
    http_port,
    url: `https://localhost:${port}`,
    authority: at('authority.pem'),
    log: () => logs.map((name) => (existsSync(at(name)) ? readFileSync(at(name), 'utf8') : '')).join(''),
    async stop() {
      child.kill('SIGTERM')
      await child.exited
      rmSync(home, { recursive: true, force: true })
    },
  }
  return await started(proxy, child, ready)
}

/** The product's configuration with what everybody changes in it: host, certificate, servers, and the places of this test. */
function adapted(
  product: string,
  at: (name: string) => string,
  { port, http_port }: { port: number; http_port: number },
  upstreams: readonly number[],
): string {
  const changes: [RegExp, string][] = [
    [/^ *listen \[::\].*\n/gm, ''],
    [/listen 80;/, `listen 127.0.0.1:${http_port};`],
    [/listen 443 /, `listen 127.0.0.1:${port} `],
    [/server_name mc\.example\.com;/g, 'server_name localhost;'],
    [/\S+\/fullchain\.pem/, at('certificate.pem')],
    [/\S+\/privkey\.pem/, at('key.pem')],
    [/\S+\/mission-control\.log/g, at('access.log')],
    [/\S+\/mission-control-error\.log/g, at('site-error.log')],
    [/server 127\.0\.0\.1:3000 (.*)/, upstreams.map((one) => `server 127.0.0.1:${one} $1`).join('\n  ')],
  ]
  return changes.reduce((text, [from, to]) => {
    if (text.search(from) < 0) throw new Error(`docker/nginx.conf has no ${from.source}`)
    return text.replace(from, to)
  }, product)
}

async function writeCertificate(at: (name: string) => string): Promise<void> {
  const authority = await generate([{ name: 'commonName', value: 'Authority of a test' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  })
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ],
  })
  writeFileSync(at('authority.pem'), authority.cert)
  writeFileSync(at('certificate.pem'), made.cert)
  writeFileSync(at('key.pem'), made.private, { mode: 0o600 })
}
