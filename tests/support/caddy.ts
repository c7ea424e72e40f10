import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ProxyOptions, started, type TestProxy } from './proxy.ts'
import { freePort } from './server.ts'

const CADDYFILE = join(import.meta.dir, '..', '..', 'docker', 'Caddyfile')

/** CI has it; elsewhere tests that need it are left out. */
export const hasCaddy = Bun.which('caddy') !== null
if (!hasCaddy && process.env.CI) throw new Error('caddy is not installed: apt-get install caddy')

/** Starts a Caddy with an authority of its own. */
export async function startCaddy({ upstreams, port, site, ready }: ProxyOptions): Promise<TestProxy> {
  const home = mkdtempSync(join(tmpdir(), 'mc-caddy-'))
  const file = join(home, 'Caddyfile')
  const http_port = freePort()
  const own = `{\n\tadmin off\n\tskip_install_trust\n}\n{$MC_DOMAIN} {\n${site}\n}\n`
  const ports = `{\n\thttp_port ${http_port}\n\thttps_port ${port}\n`
  writeFileSync(file, (site === undefined ? readFileSync(CADDYFILE, 'utf8') : own).replace('{\n', ports))
  const child = Bun.spawn(['caddy', 'run', '--config', file, '--adapter', 'caddyfile'], {
    env: {
      PATH: process.env.PATH ?? '',
      HOME: home,
      XDG_DATA_HOME: home,
      XDG_CONFIG_HOME: home,
      MC_DOMAIN: 'localhost',
      MC_UPSTREAMS: upstreams.map((upstream) => `127.0.0.1:${upstream}`).join(' '),
    },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    void (async () => {
      for await (const chunk of stream) text += new TextDecoder().decode(chunk)
    })()
  const url = `https://localhost:${port}`
  const proxy: TestProxy = {
    port,
    http_port,
    url,
    authority: join(home, 'caddy', 'pki', 'authorities', 'local', 'root.crt'),
    log: () => text,
    async stop() {
      child.kill('SIGTERM')
      await child.exited
      rmSync(home, { recursive: true, force: true })
    },
  }
  return await started(proxy, child, ready)
}
