import { afterAll, beforeAll, expect, test } from 'bun:test'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hostTarget } from '../../../bridge/scripts/compile.ts'
import { compileServer } from '../../../scripts/compile-server.ts'
import { SERVER_VERSION } from '../../../src/contracts/version.ts'
import { expectNoPostgres } from '../../support/postgres-processes.ts'
import { freePort } from '../../support/server.ts'
import { until } from '../../support/streams.ts'

const ROOT = join(import.meta.dir, '..', '..', '..')
const NOBODY = 65_534
const root = process.getuid?.() === 0

let folder: string
let program: string
let data_dir: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mc-single-'))
  chmodSync(folder, 0o755)
  const target = hostTarget()!
  const made = await compileServer(target, { out: folder, packages: join(ROOT, 'node_modules') })
  program = join(made, 'mission-control')
  data_dir = join(folder, 'data')
  mkdirSync(data_dir)
  if (root) chownSync(data_dir, NOBODY, NOBODY)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** As an unprivileged user, with an environment that has no PATH, no home and no Bun. */
function start(words: string[], env: Record<string, string> = {}) {
  const as_user = root
    ? ['/usr/bin/setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--inh-caps=-all']
    : []
  const child = Bun.spawn([...as_user, program, ...words], {
    cwd: folder,
    env: { MC_DATA_DIR: data_dir, ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  let output = ''
  const read = [child.stdout, child.stderr].map(async (stream) => {
    for await (const chunk of stream) output += new TextDecoder().decode(chunk)
  })
  return { child, output: () => output, ended: () => Promise.all([child.exited, ...read]) }
}

test('the program is one file, with the database beside it', () => {
  expect(readdirSync(join(program, '..')).sort()).toEqual([
    'LICENSE',
    'README.md',
    'mission-control',
    'postgresql',
  ])
  expect(readdirSync(join(program, '..', 'postgresql')).sort()).toEqual(['native', 'package.json'])
})

test('--version, and a mistake, without a data folder', async () => {
  const version = start(['--version'])
  await version.ended()
  expect(version.output()).toBe(`${SERVER_VERSION}\n`)
  const mistake = start(['nonsense'])
  await mistake.ended()
  expect(mistake.child.exitCode).toBe(2)
  expect(mistake.output()).not.toMatch(/^ +at /m)
})

test('it serves the app, the API and its viewer from an empty environment, and its commands work', async () => {
  const port = freePort()
  const server = start([], { MC_PORT: String(port), MC_RATE_LIMITS: 'off' })
  const url = `http://localhost:${port}`
  try {
    await until(async () => {
      if (server.child.exitCode !== null) throw new Error(server.output())
      return (await fetch(`${url}/ready`).catch(() => undefined))?.status === 200
    }, 'the server')
    const page = await (await fetch(`${url}/`)).text()
    const [asset] = /\/assets\/[^"]+\.js/.exec(page)!
    for (const encoding of ['br', 'gzip', 'identity']) {
      const answer = await fetch(url + asset, { headers: { 'Accept-Encoding': encoding } })
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toContain('javascript')
      expect((await answer.text()).length).toBeGreaterThan(1_000)
    }
    for (const [path, type] of [
      ['/orgs', 'text/html'],
      ['/docs/', 'text/html'],
      ['/docs/swagger-ui.css', 'text/css'],
      ['/docs/swagger-ui-bundle.js', 'javascript'],
      ['/docs/favicon-32x32.png', 'image/png'],
      ['/docs/json', 'json'],
      ['/docs/guide/', 'text/html'],
      ['/docs/guide/tours/operating', 'text/html'],
      ['/docs/guide/search.json', 'json'],
    ] as const) {
      const answer = await fetch(url + path)
      expect(answer.status, path).toBe(200)
      expect(answer.headers.get('content-type'), path).toContain(type)
    }
    const doctor = start(['doctor'], { MC_PORT: String(port) })
    await doctor.ended()
    expect(doctor.output()).toMatch(/web app\s+is built/)
    const backup = start(['backup', join(data_dir, 'whole.tar.gz'), '--verify'])
    await backup.ended()
    expect(backup.output()).toContain('is sound')
  } finally {
    server.child.kill('SIGTERM')
    await server.ended()
  }
  expect(server.child.exitCode).toBe(0)
  await expectNoPostgres(data_dir)
})

test('without the folder beside it, it says where the folder belongs', async () => {
  const beside = join(program, '..', 'postgresql')
  renameSync(beside, `${beside}.away`)
  try {
    const server = start([], { MC_DATA_DIR: join(data_dir, 'none') })
    await server.ended()
    expect(server.child.exitCode).toBe(1)
    expect(server.output()).toContain(
      `The embedded PostgreSQL is not in ${beside}: the folder belongs beside`,
    )
  } finally {
    renameSync(`${beside}.away`, beside)
  }
  expect(existsSync(beside)).toBe(true)
})

test('the smoke test fails where the server is not one, and says why', async () => {
  const other = Bun.serve({ port: 0, fetch: () => new Response('It works!') })
  try {
    const run = async (...words: string[]) => {
      const child = Bun.spawn([process.execPath, 'scripts/smoke.ts', ...words], {
        cwd: ROOT,
        stdout: 'pipe',
        stderr: 'pipe',
      })
      const [out, err] = [await new Response(child.stdout).text(), await new Response(child.stderr).text()]
      return { code: await child.exited, output: out + err }
    }
    const { code, output } = await run(`http://localhost:${other.port}`)
    expect(output).toContain('FAIL  the app is delivered')
    expect(output).toContain('FAIL  nobody sees anything without signing in: GET /api/v1/orgs answered 200')
    expect(code).toBe(1)
    expect((await run()).code).toBe(2)
    expect((await run('http://localhost:1', '--email', 'a@example.com')).output).toContain(
      'MC_SMOKE_PASSWORD',
    )
  } finally {
    await other.stop(true)
  }
})
