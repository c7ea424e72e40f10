import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './server.ts'

/** A real redis-server of its own, without persistence: what it held is gone with it. */
export interface TestRedis {
  readonly port: number
  /** As `MC_REDIS_URL` takes it. */
  readonly url: string
  readonly pid: number
  /** The certificate to trust, with `tls`. */
  readonly certificate: string | undefined
  /** Ends it at once. */
  kill(): Promise<void>
  /** Starts it again on the same port, empty. */
  start(): Promise<void>
  /** Keeps its connections open and answers nothing. */
  pause(): void
  resume(): void
  /** Runs commands by redis-cli; answers what it prints. */
  cli(...command: string[]): Promise<string>
  stop(): Promise<void>
}

interface Options {
  password?: string
  tls?: boolean
}

export async function startRedis({ password, tls = false }: Options = {}): Promise<TestRedis> {
  needRedis()
  const folder = mkdtempSync(join(tmpdir(), 'mc-redis-'))
  const port = freePort()
  const certificate = tls ? await makeCertificate(folder) : undefined
  const auth = password === undefined ? [] : ['--requirepass', password]
  const listening = tls
    ? ['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no', ...tlsFiles(folder)]
    : ['--port', String(port)]
  let child: Bun.Subprocess
  const client = [
    ...['redis-cli', '-h', '127.0.0.1', '-p', String(port), '--no-auth-warning'],
    ...(tls ? ['--tls', '--cacert', join(folder, 'cert.pem')] : []),
    ...(password === undefined ? [] : ['-a', password]),
  ]

  const redis: TestRedis = {
    port,
    url: `redis${tls ? 's' : ''}://${password === undefined ? '' : `:${encodeURIComponent(password)}@`}localhost:${port}`,
    get pid() {
      return child.pid
    },
    certificate,
    async kill() {
      child.kill('SIGKILL')
      await child.exited
    },
    async start() {
      child = Bun.spawn(
        [
          ...['redis-server', '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder],
          ...listening,
          ...auth,
        ],
        { stdin: 'ignore', stdout: 'ignore', stderr: 'inherit' },
      )
      for (;;) {
        if (child.exitCode !== null) throw new Error(`redis-server exited with ${child.exitCode}`)
        if ((await redis.cli('ping')).trim() === 'PONG') return
        await Bun.sleep(10)
      }
    },
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    async cli(...command) {
      const run = Bun.spawn([...client, ...command], { stdout: 'pipe', stderr: 'ignore', stdin: 'ignore' })
      return await new Response(run.stdout).text()
    },
    async stop() {
      await redis.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  await redis.start()
  return redis
}

/** Installs redis-server where that is allowed: as root on Debian. */
function needRedis(): void {
  if (Bun.which('redis-server')) return
  if (process.getuid?.() === 0 && Bun.which('apt-get'))
    Bun.spawnSync(['apt-get', 'install', '-y', '--no-install-recommends', 'redis-server'], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdout: 'ignore',
      stderr: 'inherit',
    })
  if (!Bun.which('redis-server'))
    throw new Error('The tests of several nodes need redis-server in the PATH: apt-get install redis-server')
}

const tlsFiles = (folder: string) => [
  ...['--tls-cert-file', join(folder, 'cert.pem'), '--tls-key-file', join(folder, 'key.pem')],
  ...['--tls-ca-cert-file', join(folder, 'cert.pem')],
]

async function makeCertificate(folder: string): Promise<string> {
  const { generate } = await import('selfsigned')
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ],
  })
  await Bun.write(join(folder, 'cert.pem'), cert)
  await Bun.write(join(folder, 'key.pem'), key)
  return cert
}
