import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './server.ts'

/** A real Caddy with the product's own Caddyfile, and a certificate of an authority of its own. */
export interface TestCaddy {
  port: number
  /** `https://localhost:…`: the address that people open. */
  url: string
  /** What it logged. */
  log(): string
  stop(): Promise<void>
}

const CADDYFILE = join(import.meta.dir, '..', '..', 'docker', 'Caddyfile')
const STARTED_MS = 60_000

/** CI has it; elsewhere tests that need it are left out. */
export const hasCaddy = Bun.which('caddy') !== null
if (!hasCaddy && process.env.CI) throw new Error('caddy is not installed: apt-get install caddy')

/** `upstreams`: ports of servers on this machine. `port`: where it listens. */
export async function startCaddy(upstreams: readonly number[], port: number): Promise<TestCaddy> {
  const home = mkdtempSync(join(tmpdir(), 'mc-caddy-'))
  const file = join(home, 'Caddyfile')
  // It would redirect from port 80, which belongs to the machine.
  const text = readFileSync(CADDYFILE, 'utf8').replace('{\n', `{\n\thttp_port ${freePort()}\n`)
  writeFileSync(file, text)
  const child = Bun.spawn(['caddy', 'run', '--config', file, '--adapter', 'caddyfile'], {
    env: {
      PATH: process.env.PATH ?? '',
      HOME: home,
      XDG_DATA_HOME: home,
      XDG_CONFIG_HOME: home,
      MC_DOMAIN: `localhost:${port}`,
      MC_UPSTREAMS: upstreams.map((upstream) => `127.0.0.1:${upstream}`).join(' '),
    },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  let log = ''
  for (const stream of [child.stdout, child.stderr])
    void (async () => {
      for await (const chunk of stream) log += new TextDecoder().decode(chunk)
    })()
  const url = `https://localhost:${port}`
  const give_up_at = Date.now() + STARTED_MS
  for (;;) {
    const answer = await fetch(`${url}/ready`).catch(() => undefined)
    if (answer?.status === 200) break
    if (child.exitCode !== null || Date.now() > give_up_at) throw new Error(`Caddy did not start:\n${log}`)
    await Bun.sleep(50)
  }
  return {
    port,
    url,
    log: () => log,
    async stop() {
      child.kill('SIGTERM')
      await child.exited
      rmSync(home, { recursive: true, force: true })
    },
  }
}
