import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../../tests/support/server.ts'
import { compile, hostTarget } from '../../scripts/compile.ts'
import { startSecretsManager } from '../config/stand-ins/secrets-manager.ts'
import { startVault } from '../config/stand-ins/vault.ts'

const MAIN = join(import.meta.dir, '../../src/main.ts')
let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bridge-main-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function call(program: string[], args: string[], env: Record<string, string> = {}) {
  const child = Bun.spawn([...program, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', HOME: folder, ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { out, err, code }
}

describe.each([
  ['from its source', async () => [process.execPath, MAIN]],
  [
    'compiled to one file',
    async () => {
      const target = hostTarget()
      if (!target) throw new Error(`no target for ${process.platform} ${process.arch}`)
      return [await compile(target, { out: folder, runtime: process.execPath })]
    },
  ],
])('mc-bridge, %s', (_, program) => {
  let called: string[] = []
  beforeAll(async () => {
    called = await program()
  })
  const bridge = (...args: string[]) => call(called, args)

  test('tells its version', async () => {
    const { out, err, code } = await bridge('version')
    expect([out, err, code]).toEqual([expect.stringMatching(/^mc-bridge \d+\.\d+\.\d+ \(API /), '', 0])
  })

  test('B104 help goes to standard output, a mistake to standard error with exit code 2', async () => {
    expect(await bridge('--help')).toMatchObject({ out: expect.stringContaining('Usage'), err: '', code: 0 })
    expect(await bridge('status', '--help')).toMatchObject({
      out: expect.stringContaining('--json'),
      err: '',
      code: 0,
    })
    expect(await bridge('statsu')).toMatchObject({
      out: '',
      err: expect.stringContaining('Did you mean'),
      code: 2,
    })
  })

  test('B104 problems of the configuration are lines, not a stack, with exit code 2', async () => {
    expect(await bridge('service', 'install', '--config', 'not-there.yaml')).toEqual({
      out: '',
      err: expect.stringContaining(`Looked for:\n  - ${join(folder, 'not-there.yaml')}\n`),
      code: 2,
    })
    const path = join(folder, 'wrong.yaml')
    writeFileSync(path, 'mission_control: { uri: x }\nagents: []\n')
    const { out, err, code } = await bridge('service', 'install', '--print', '--config', path)
    expect(out).toBe('')
    expect(code).toBe(2)
    expect(err.trimEnd().split('\n')).toEqual([
      `${path} has 3 problems:`,
      '  - line 1, mission_control.url: Is required.',
      '  - line 1, mission_control.uri: There is no such key. Did you mean url?',
      '  - line 2, agents: Must name 1 to 64 agents.',
    ])
  })

  test('runs until SIGTERM, also while neither server nor gateway is there', async () => {
    const place = mkdtempSync(join(folder, 'run-'))
    writeFileSync(
      join(place, 'comms-bridge.yaml'),
      `mission_control: { url: "http://127.0.0.1:1" }
gateway: { url: "ws://127.0.0.1:1" }
agents: [{ name: a, api_key_env: A, org_slug: acme }]
health: { port: ${freePort()} }
`,
    )
    const child = Bun.spawn([...called, 'run'], {
      cwd: place,
      env: { HOME: place, A: 'a-key-that-nobody-knows' },
      stdout: 'pipe',
      stderr: 'pipe',
    })
    let log = ''
    for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
      if (!log.includes('The bridge runs') && `${log}${part}`.includes('The bridge runs'))
        child.kill('SIGTERM')
      log += part
    }
    expect(await child.exited).toBe(0)
    expect(log).toContain('The bridge has ended')
    expect(log).not.toContain('a-key-that')
  })

  test('a missing credential is one line, with exit code 2', async () => {
    const path = join(folder, 'no-key.yaml')
    writeFileSync(
      path,
      `mission_control: { url: "http://127.0.0.1:1" }\nagents: [{ name: a, api_key_env: NOT_THERE, org_slug: acme }]\nstate: { db_path: ${folder}/no-key/state.db }\n`,
    )
    const { err, code } = await bridge('run', '--config', path)
    expect([err, code]).toEqual(['The environment variable NOT_THERE is not set.\n', 2])
  })

  test('a service starts the program as it was called itself', async () => {
    const path = join(folder, 'comms-bridge.yaml')
    writeFileSync(
      path,
      'mission_control: { url: "https://mc.example.com" }\nagents: [{ name: a, api_key_env: A, org_slug: acme }]\ncredentials: { provider: file, path: keys.env }\n',
    )
    const { out, code } = await bridge('service', 'install', '--user', '--print')
    expect(code).toBe(0)
    if (process.platform === 'linux')
      expect(out).toContain(`ExecStart=${called.join(' ')} run --config ${path}\n`)
  })

  test('reads no .env file and no settings of Bun of the folder that it is started in', async () => {
    const place = mkdtempSync(join(folder, 'cwd-'))
    if (called.length > 1) return
    writeFileSync(join(place, '.env'), `MC_BRIDGE_CONFIG=${join(place, 'from-env.yaml')}\n`)
    writeFileSync(join(place, 'bunfig.toml'), 'preload = ["./not-there.ts"]\n')
    const child = Bun.spawn([...called, 'service', 'install'], {
      cwd: place,
      env: { HOME: place },
      stderr: 'pipe',
    })
    const err = await new Response(child.stderr).text()
    expect(await child.exited).toBe(2)
    expect(err).toContain('There is no configuration')
    expect(err).not.toContain('from-env')
  })
})

describe('the services for secrets, compiled to one file', () => {
  let program: string[] = []
  beforeAll(async () => {
    const target = hostTarget()
    if (!target) throw new Error(`no target for ${process.platform} ${process.arch}`)
    const entry = join(import.meta.dir, 'read-credential.ts')
    program = [await compile(target, { out: folder, runtime: process.execPath, entry })]
  })

  test('AWS Secrets Manager', async () => {
    const aws = startSecretsManager('eu-west-1')
    aws.keys.set('EXAMPLE', { secret: 'example' })
    aws.secrets.set('mc', { text: '{"A":"of-aws"}' })
    const config = {
      provider: 'aws_secrets_manager',
      secret_id: 'mc',
      region: 'eu-west-1',
      endpoint: aws.url,
    }
    const env = { AWS_ACCESS_KEY_ID: 'EXAMPLE', AWS_SECRET_ACCESS_KEY: 'example' }
    expect(await call(program, [JSON.stringify(config)], env)).toEqual({ out: 'of-aws\n', err: '', code: 0 })
    await aws.stop()
  })

  test('Vault', async () => {
    const vault = startVault()
    vault.tokens.set('t', { ttl: 0, creation_ttl: 0, renewable: false, reads: ['secret/data/mc'] })
    vault.secrets.set('secret/data/mc', { values: { A: 'of-vault' }, version: 1 })
    const config = {
      provider: 'vault',
      url: vault.url,
      path: 'secret/data/mc',
      token_env: 'T',
      namespace: null,
    }
    expect(await call(program, [JSON.stringify(config)], { T: 't' })).toEqual({
      out: 'of-vault\n',
      err: '',
      code: 0,
    })
    await vault.stop()
  })
})
