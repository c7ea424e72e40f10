import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { urlOf } from '../support/cluster.ts'
import { type PathProxy, startPathProxy } from '../support/path-proxy.ts'
import { startRedis } from '../support/redis.ts'
import { freePort, startServer, type TestServer } from '../support/server.ts'

const ROOT = join(import.meta.dir, '..', '..')
const folders: string[] = []

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'mc-doctor-'))
  folders.push(made)
  return made
}

async function doctor(env: Record<string, string>) {
  const child = Bun.spawn([process.execPath, 'src/main.ts', 'doctor'], {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', MC_PORT: String(freePort()), ...env },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [code, out, err] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  expect(err).toBe('')
  const wrong = out.split('\n').filter((line) => line.startsWith('WRONG'))
  return { code, out, wrong }
}

let server: TestServer

beforeAll(async () => {
  server = await startServer()
})
afterAll(async () => {
  await server.stop()
  for (const one of folders) rmSync(one, { recursive: true, force: true })
})

describe('doctor', () => {
  test('before the first start finds nothing wrong, and makes nothing', async () => {
    const parent = folder()
    const { code, out, wrong } = await doctor({ MC_DATA_DIR: join(parent, 'data') })
    expect([code, wrong]).toEqual([0, []])
    expect(out).toContain('is made at the first start')
    expect(out).toContain('Nothing is wrong.')
    expect(readdirSync(parent)).toEqual([])
  })

  test('of several nodes sees Redis, and files that each node would keep for itself', async () => {
    const redis = await startRedis({ password: 'hunter2 hunter2' })
    const secret = 'wR3k9-fixed-for-tests-0123456789-abcdefghij'
    const env = {
      MC_DATA_DIR: server.data_dir,
      MC_DATABASE_URL: urlOf(server.connection('app')),
      MC_REDIS_URL: redis.url,
      MC_JWT_SECRET: secret,
      MC_KEY_PEPPER: secret,
    }
    const there = await doctor(env)
    expect([there.code, there.wrong]).toEqual([0, []])
    expect(there.out).toMatch(/ok +Redis +version \d/)
    expect(there.out).toMatch(/note +shared files .*MC_EXPORT_DIR, MC_BACKUP_DIR, MC_ARCHIVE_DIR/)
    await redis.stop()
    const { code, out, wrong } = await doctor(env)
    expect([code, wrong.length]).toEqual([1, 1])
    expect(wrong[0]).toContain('Look at MC_REDIS_URL')
    expect(there.out + out).not.toContain('hunter2')
  })

  test('beside a server that runs sees its database, schema, isolation and port', async () => {
    const { code, out, wrong } = await doctor({
      MC_DATA_DIR: server.data_dir,
      MC_DATABASE_URL: urlOf(server.connection('app')),
      MC_PORT: String(server.port),
    })
    expect([code, wrong]).toEqual([0, []])
    for (const line of [
      /^ok {4}database +PostgreSQL \d+/m,
      /^ok {4}schema +version \d+$/m,
      /^ok {4}isolation +/m,
      /^ok {4}clock +/m,
      /^ok {4}port +a server is ready on/m,
      /^ok {4}secrets +.*for this user only$/m,
    ])
      expect(out).toMatch(line)
  })

  test('lists every problem of the settings, and no secret', async () => {
    const { code, wrong, out } = await doctor({ MC_JWT_SECRET: 'hunter2', MC_LOG_LEVEL: 'loud' })
    expect([code, wrong.length]).toEqual([1, 2])
    expect(out).not.toContain('hunter2')
  })

  test('names a database that it cannot use, and a role that may do too much', async () => {
    const connection = server.connection('app')
    const password = 'not-the-password-of-it'
    const closed = await doctor({
      MC_DATA_DIR: folder(),
      MC_DATABASE_URL: urlOf({ ...connection, password }),
    })
    expect(closed.code).toBe(1)
    expect(closed.wrong.join()).toContain('it does not take this user and password')
    expect(closed.out).not.toContain(password)
    const nowhere = { ...connection, host: folder() }
    expect((await doctor({ MC_DATA_DIR: folder(), MC_DATABASE_URL: urlOf(nowhere) })).wrong.join()).toContain(
      'socket',
    )
    const superuser = urlOf(server.connection('superuser'))
    expect((await doctor({ MC_DATA_DIR: folder(), MC_DATABASE_URL: superuser })).out).toContain(
      'is a superuser',
    )
  })

  test('sees secrets that others may read, and a port that another program has', async () => {
    const data_dir = folder()
    mkdirSync(join(data_dir, 'secrets'), { mode: 0o700 })
    writeFileSync(join(data_dir, 'secrets', 'jwt-secret'), 'x', { mode: 0o600 })
    chmodSync(join(data_dir, 'secrets', 'jwt-secret'), 0o644)
    const other = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response('something else') })
    try {
      const { code, wrong } = await doctor({ MC_DATA_DIR: data_dir, MC_PORT: String(other.port) })
      expect([code, wrong.length]).toEqual([1, 2])
      expect(wrong.join()).toContain('chmod -R go=')
      expect(wrong.join()).toContain('Another program listens')
    } finally {
      other.stop(true)
    }
  })

  describe('behind a proxy', () => {
    let at: TestServer
    let proxy: PathProxy
    let env: Record<string, string>
    beforeAll(async () => {
      const port = freePort()
      proxy = await startPathProxy({ path: '', prefix: 'kept', tls: false, target: () => port })
      at = await startServer({ port, env: { MC_PUBLIC_URL: proxy.origin } })
      env = {
        MC_DATA_DIR: at.data_dir,
        MC_DATABASE_URL: urlOf(at.connection('app')),
        MC_PORT: String(port),
        MC_PUBLIC_URL: proxy.origin,
      }
    })
    afterAll(async () => {
      await at.stop()
      await proxy.stop()
    })

    test('names MC_TRUSTED_PROXIES when the server does not believe it, and the log names its address', async () => {
      const { code, out, wrong } = await doctor(env)
      expect([code, wrong.length]).toEqual([1, 1])
      expect(wrong[0]).toContain('MC_TRUSTED_PROXIES does not name the proxy in front')
      expect(out).toMatch(/ok +public address +\S+ leads to a server/)
      expect(at.log()).toMatch(/"proxy":"127\.0\.0\.1".*MC_TRUSTED_PROXIES/)
    })

    test('finds nothing wrong when it is believed', async () => {
      const trusting = await startServer({
        env: { MC_PUBLIC_URL: proxy.origin, MC_TRUSTED_PROXIES: '127.0.0.0/8' },
      })
      const front = await startPathProxy({
        path: '',
        prefix: 'kept',
        tls: false,
        target: () => trusting.port,
      })
      try {
        const { code, wrong } = await doctor({
          ...env,
          MC_DATABASE_URL: urlOf(trusting.connection('app')),
          MC_PORT: String(trusting.port),
          MC_PUBLIC_URL: front.origin,
        })
        expect([code, wrong]).toEqual([0, []])
      } finally {
        await front.stop()
        await trusting.stop()
      }
    })

    test.each([
      ['another program', () => new Response('hello'), 'is answered by something else (status 200)'],
      ['a proxy without its server', () => new Response('', { status: 502 }), 'does not reach the server'],
      [
        'a proxy that leads elsewhere',
        () => Response.redirect('https://mc.example.com/version', 301),
        'leads elsewhere, to https://mc.example.com. Set MC_PUBLIC_URL',
      ],
      [
        'a proxy that adds a path',
        () => new Response('{}', { status: 404, headers: { 'X-MC-API-Version': '1' } }),
        'another path than MC_BASE_PATH (none)',
      ],
    ] as const)('names %s at the public address', async (_, answer, says) => {
      const other = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: answer })
      try {
        const { code, wrong } = await doctor({ ...env, MC_PUBLIC_URL: `http://localhost:${other.port}` })
        expect([code, wrong.length]).toEqual([1, 1])
        expect(wrong[0]).toContain(says)
      } finally {
        await other.stop(true)
      }
    })

    test('only notes an address that this machine cannot ask', async () => {
      const { code, out } = await doctor({ ...env, MC_PUBLIC_URL: `http://localhost:${freePort()}` })
      expect([code, out]).toEqual([0, expect.stringMatching(/note +public address .* cannot be asked/)])
    })
  })

  test('says when the mail server takes no connection', async () => {
    const { code, wrong } = await doctor({
      MC_DATA_DIR: folder(),
      MC_SMTP_URL: `smtp://user:not-shown-either@127.0.0.1:${freePort()}`,
    })
    expect(code).toBe(1)
    expect(wrong.join()).toContain('takes no connection')
    expect(wrong.join()).not.toContain('not-shown-either')
  })
})
