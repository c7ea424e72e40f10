import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hostTarget } from '../../../bridge/scripts/compile.ts'
import { sha256Of } from '../../../scripts/lib/pack.ts'
import { SERVER_VERSION } from '../../../src/contracts/version.ts'
import { copyCheckout } from '../../support/checkout.ts'
import { canAssemble } from '../../support/image.ts'
import { beginMachine, type Machine } from '../../support/machine.ts'
import { freePort } from '../../support/server.ts'

const ROOT = join(import.meta.dir, '..', '..', '..')
const NODE = Bun.which('node') ?? process.execPath
const stub = readFileSync(join(ROOT, 'tests', 'support', 'stub-systemctl.sh'), 'utf8')

let folder: string
/** Two checkouts of one tree, in places of other names and depths, and what was built in each. */
let one: string
let another: string

async function run(command: string[], cwd: string, env: Record<string, string> = {}) {
  // A test has NODE_ENV=test, with which the app is built for development.
  const { NODE_ENV: _, ...rest } = process.env
  const child = Bun.spawn(command, { cwd, env: { ...rest, ...env }, stdout: 'pipe', stderr: 'pipe' })
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { code: await child.exited, output: out + err }
}

async function surely(command: string[], cwd: string): Promise<string> {
  const { code, output } = await run(command, cwd)
  if (code !== 0) throw new Error(`${command.join(' ')}:\n${output}`)
  return output
}

/** As the workflows do it, for the system of this machine alone. */
async function build(checkout: string): Promise<void> {
  copyCheckout(checkout, { prepared: true })
  rmSync(join(checkout, 'ui', 'dist'), { recursive: true, force: true })
  const bun = process.execPath
  await surely([bun, 'run', 'build'], checkout)
  await surely([bun, 'scripts/compile-server.ts', '--target', 'host', '--out', 'programs'], checkout)
  await surely([bun, 'bridge/scripts/compile.ts', '--target', 'host', '--out', 'programs'], checkout)
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mc-release-'))
  chmodSync(folder, 0o755)
  one = join(folder, 'one')
  another = join(folder, 'another', 'deeper place')
  for (const checkout of [one, another]) await build(checkout)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('builds are reproducible: two checkouts of a tree give equal programs and archives', () => {
  const names = [
    `mc-bridge-${hostTarget()}`,
    `mission-control-${hostTarget()}/mission-control`,
    `mission-control-${hostTarget()}.tar.gz`,
    'SHA256SUMS.server',
  ]
  const sumsOf = (checkout: string) => names.map((name) => [name, sha256Of(join(checkout, 'programs', name))])
  expect(sumsOf(another)).toEqual(sumsOf(one))
})

describe('a tag', () => {
  const script = (name: string, ...words: string[]) =>
    run([process.execPath, `scripts/release/${name}.ts`, ...words], another)

  test('without a section of the changelog is no release', async () => {
    const { code, output } = await script('check-tag', `server-v${SERVER_VERSION}`)
    expect([code, output]).toEqual([1, `CHANGELOG.md has no section for server ${SERVER_VERSION}.\n`])
    expect((await script('check-tag', 'v1.0.0')).code).toBe(2)
  })

  test('is one of the tree that was cut for it, and its notes are the section', async () => {
    for (const [program, waiting] of [
      ['server', '### Added\n'],
      ['bridge', '- '],
    ] as const) {
      const made = await script('cut', program, '7.8.9-rc.1')
      expect([made.code, made.output]).toEqual([
        0,
        expect.stringContaining(`git tag -s ${program}-v7.8.9-rc.1`),
      ])
      const checked = await script('check-tag', `${program}-v7.8.9-rc.1`)
      expect([checked.code, checked.output]).toEqual([0, 'version=7.8.9-rc.1\nprerelease=true\n'])
      expect((await script('notes', `${program}-v7.8.9-rc.1`)).output).toStartWith(waiting)
    }
    // The programs tell it, and the lock file fits the manifests.
    expect(await surely([process.execPath, 'src/main.ts', '--version'], another)).toBe('7.8.9-rc.1\n')
    expect(await surely([process.execPath, 'bridge/src/main.ts', '--version'], another)).toStartWith(
      'mc-bridge 7.8.9-rc.1 ',
    )
    const lock = Bun.JSONC.parse(readFileSync(join(another, 'bun.lock'), 'utf8')) as {
      workspaces: Record<string, { version?: string }>
    }
    expect(Object.entries(lock.workspaces).map(([name, { version }]) => [name, version])).toEqual([
      ['', undefined],
      ['bridge', '7.8.9-rc.1'],
      ['ui', '7.8.9-rc.1'],
    ])
    for (const words of [['server'], ['client', '1.0.0'], ['server', 'v1.0.0']])
      expect((await script('cut', ...words)).code).toBe(2)
  })
})

describe('what a release offers', () => {
  let server: ReturnType<typeof Bun.serve>
  let assets: string
  /** Assets that are served in another form than they were released. */
  const damaged = new Set<string>()

  beforeAll(async () => {
    assets = join(folder, 'assets')
    server = Bun.serve({
      port: 0,
      fetch(request) {
        const [, version, name = ''] =
          /^\/releases\/download\/server-v([^/]+)\/([\w.-]+)$/.exec(new URL(request.url).pathname) ?? []
        if (version !== SERVER_VERSION) return new Response('Not found', { status: 404 })
        return new Response(damaged.has(name) ? 'something else' : Bun.file(join(assets, name)))
      },
    })
    const releases = `http://localhost:${server.port}/releases/download/server-v%s`
    const words = ['server', '--from', join(one, 'programs'), '--out', assets, '--target', hostTarget()!]
    const assemble = [
      'scripts/release/assemble.ts',
      ...words,
      '--releases',
      releases,
      '--image',
      'ghcr.io/example/server',
    ]
    await surely([process.execPath, ...assemble], one)
  })
  afterAll(() => server?.stop(true))

  test('has sums of all files, in the form of sha256sum', async () => {
    const files = [
      'Caddyfile',
      'SHA256SUMS',
      'docker-compose.selfhost.yml',
      'install.sh',
      'mission-control.cdx.json',
      `mission-control-${hostTarget()}.tar.gz`,
    ]
    expect(readdirSync(assets).toSorted()).toEqual(files.toSorted())
    const checked = await surely(['sha256sum', '--check', '--strict', 'SHA256SUMS'], assets)
    expect(checked.trim().split('\n')).toHaveLength(files.length - 1)
  })

  test('is not put together without a program, nor over another release', async () => {
    const words = (...more: string[]) => run([process.execPath, 'scripts/release/assemble.ts', ...more], one)
    const programs = join(one, 'programs')
    const without = await words('bridge', '--from', programs, '--out', join(folder, 'none'))
    expect(without.code).toBe(1)
    expect(without.output).toContain('There is no mc-bridge-')
    const over = await words('bridge', '--from', programs, '--out', assets, '--target', hostTarget()!)
    expect([over.code, over.output]).toEqual([1, `${assets} is not empty.\n`])
    expect(
      (await words('server', '--from', programs, '--out', join(folder, 'no'), '--target', hostTarget()!))
        .code,
    ).toBe(2)
    expect(
      (await words('bridge', '--from', programs, '--out', join(folder, 'no'), '--target', 'amiga')).code,
    ).toBe(2)
  })

  test('is tried before it is published: version, sum, and a server that becomes ready', async () => {
    const attempt = (...words: string[]) => run([NODE, 'scripts/release/try.mjs', ...words], ROOT)
    const good = await attempt('server', assets, SERVER_VERSION)
    expect(good).toEqual({ code: 0, output: `ok  ${SERVER_VERSION}\nok  ready\n` })
    const other = await attempt('server', assets, '9.9.9')
    expect([other.code, other.output]).toEqual([1, expect.stringContaining('not 9.9.9')])
    expect((await attempt('server')).code).toBe(2)

    const bridge = join(folder, 'bridge')
    await surely(
      [
        process.execPath,
        'scripts/release/assemble.ts',
        'bridge',
        '--from',
        join(one, 'programs'),
        '--out',
        bridge,
        '--target',
        hostTarget()!,
      ],
      one,
    )
    expect((await attempt('bridge', bridge, SERVER_VERSION)).output).toMatch(/^ok {2}mc-bridge \d/)
    const bad = join(folder, 'bad')
    cpSync(bridge, bad, { recursive: true })
    writeFileSync(join(bad, `mc-bridge-${hostTarget()}`), 'something else')
    expect((await attempt('bridge', bad, SERVER_VERSION)).output).toContain('has another SHA-256')
    copyFileSync(join(assets, 'SHA256SUMS'), join(bad, 'SHA256SUMS'))
    expect((await attempt('bridge', bad, SERVER_VERSION)).output).toContain('does not name mc-bridge')
  })

  /** Elsewhere nothing may be mounted. */
  if (canAssemble())
    describe('is what its installer finds, by the address in it', () => {
      let machine: Machine
      const port = freePort()
      const install = async (...words: string[]) => {
        const address = `http://localhost:${server.port}/releases/download/server-v${SERVER_VERSION}/install.sh`
        return await machine.run(
          `curl -fsSL ${address} | bash -s -- --no-docker --port ${port} ${words.join(' ')}`,
        )
      }
      beforeAll(async () => {
        machine = await beginMachine({ files: { '/usr/bin/systemctl': stub } })
      })
      afterAll(async () => {
        await machine?.run('for file in /var/lib/stub-*.pid; do kill $(cat $file); done')
        await machine?.remove()
      })

      test('a damaged program, or sums of another release, install nothing', async () => {
        for (const name of [`mission-control-${hostTarget()}.tar.gz`, 'SHA256SUMS']) {
          damaged.add(name)
          const { code, output } = await install()
          damaged.clear()
          expect([name, code]).toEqual([name, 1])
          expect(output).toMatch(/is damaged: its SHA-256 is another|sums of the release do not name/)
        }
        const { code, output } = await install('--version', '9.9.9')
        expect([code, output]).toEqual([1, expect.stringContaining('server-v9.9.9')])
        expect((await machine.run('ls /opt/mission-control')).code).not.toBe(0)
      })

      test('one line installs the version of the release, and it runs', async () => {
        const { code, output } = await install()
        expect(code, output).toBe(0)
        const told = (await (await fetch(`http://localhost:${port}/version`)).json()) as { version: string }
        expect(told.version).toBe(SERVER_VERSION)
        expect((await machine.run('mission-control --version')).output).toBe(`${SERVER_VERSION}\n`)
        expect((await install()).output).toContain('nothing was to be done')
      })
    })
})
