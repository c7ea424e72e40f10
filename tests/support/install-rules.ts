import { expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import {
  cpSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { hostTarget } from '../../bridge/scripts/compile.ts'
import { compileServer } from '../../scripts/compile-server.ts'
import type { Machine } from './machine.ts'

const ROOT = join(import.meta.dir, '..', '..')
export const SCRIPT = readFileSync(join(ROOT, 'scripts', 'install.sh'), 'utf8')

/** Two releases in folders: the program, and the same program in another build. */
export async function makeReleases(folder: string): Promise<{ first: string; second: string }> {
  const out = join(folder, 'build')
  mkdirSync(out, { recursive: true })
  const made = await compileServer(hostTarget()!, { out, packages: join(ROOT, 'node_modules') })
  const pack = async (name: string) => {
    const release = join(folder, name)
    mkdirSync(release)
    const archive = join(release, `mission-control-${hostTarget()}.tar.gz`)
    const packed = Bun.spawn(['tar', '-cf', '-', '-C', out, `mission-control-${hostTarget()}`], {
      stdout: 'pipe',
    })
    // The format of a release without its work: to compress it would take longer than all installations.
    await pipeline(packed.stdout, createGzip({ level: 0 }), createWriteStream(archive))
    if ((await packed.exited) !== 0) throw new Error(`tar failed for ${archive}`)
    for (const file of ['docker-compose.selfhost.yml', 'Caddyfile'])
      cpSync(join(ROOT, 'docker', file), join(release, file))
    const sums = readdirSync(release).map((file) => {
      const sum = createHash('sha256')
        .update(readFileSync(join(release, file)))
        .digest('hex')
      return `${sum}  ${file}\n`
    })
    writeFileSync(join(release, 'SHA256SUMS'), sums.join(''))
    return release
  }
  const first = await pack('first')
  writeFileSync(join(made, 'README.md'), 'Another build.\n')
  return { first, second: await pack('second') }
}

/** What the installer does without Docker, on any Debian: installed, repeated, upgraded, removed. */
export function installRules(
  given: () => { machine: Machine; first: string; second: string; port: number },
): void {
  const ENV = '/etc/mission-control/server.env'
  const install = (words: string) => {
    const { machine, port } = given()
    return machine.run(`bash -s -- --no-docker --port ${port} ${words}`, SCRIPT)
  }
  const read = (path: string) => readFileSync(given().machine.at(path), 'utf8')
  const modeOf = (path: string) => (statSync(given().machine.at(path)).mode & 0o777).toString(8)
  const calls = () => read('/var/log/systemctl').trim().split('\n')

  test('piped into bash: the server runs as a user of its own, with generated secrets that only root reads', async () => {
    const { machine, first, port } = given()
    const { code, output } = await install(`--from ${first}`)
    expect(output).toContain('Mission Control')
    expect(code, output).toBe(0)
    expect((await fetch(`http://localhost:${port}/ready`)).status).toBe(200)
    expect(await (await fetch(`http://localhost:${port}/`)).text()).toContain('<html')
    expect(modeOf(ENV)).toBe('600')
    expect(modeOf('/var/lib/mission-control')).toBe('700')
    for (const name of ['MC_JWT_SECRET', 'MC_KEY_PEPPER', 'MC_METRICS_TOKEN'])
      expect(read(ENV)).toMatch(new RegExp(`^${name}=[A-Za-z0-9_-]{64}$`, 'm'))
    const owner = await machine.run(
      'stat -c %U /var/lib/mission-control /proc/$(cat /var/lib/stub-mission-control.pid)',
    )
    expect(owner.output).toBe('mission-control\nmission-control\n')
    expect((await machine.run('mission-control --version; mission-control health')).output).toMatch(
      /^\d+\.\d+\.\d+\S*\nready\n$/,
    )
    expect(output + read('/var/log/service.log')).not.toContain(/^MC_JWT_SECRET=(.*)$/m.exec(read(ENV))![1]!)
  })

  test('twice: nothing is changed, and nothing restarted', async () => {
    const { first } = given()
    const settings = read(ENV)
    const before = calls().filter((call) => call.includes('restart')).length
    const { code, output } = await install(`--from ${first}`)
    expect(code, output).toBe(0)
    expect(output).toContain('nothing was to be done')
    expect(read(ENV)).toBe(settings)
    expect(calls().filter((call) => call.includes('restart'))).toHaveLength(before)
  })

  test('an upgrade backs up first, keeps settings and data, and the version before', async () => {
    const { machine, second, port } = given()
    const settings = `${read(ENV)}MC_LOG_LEVEL=warn\n`
    writeFileSync(machine.at(ENV), settings)
    const before = readlinkSync(machine.at('/opt/mission-control/current'))
    const { code, output } = await install(`--from ${second}`)
    expect(code, output).toBe(0)
    expect(output).toMatch(/Backed up \d+ rows/)
    expect(read(ENV)).toBe(settings)
    const now = readlinkSync(machine.at('/opt/mission-control/current'))
    expect(now).not.toBe(before)
    expect(existsSync(machine.at(`/opt/mission-control/${before}/postgresql/native/bin/postgres`))).toBe(true)
    expect(readdirSync(machine.at('/var/lib/mission-control/backups/installation'))).toHaveLength(1)
    expect((await fetch(`http://localhost:${port}/ready`)).status).toBe(200)
    expect(modeOf(ENV)).toBe('600')
  })

  test('a damaged download, a foreign file and mistakes change nothing', async () => {
    const { machine, second } = given()
    const now = readlinkSync(machine.at('/opt/mission-control/current'))
    await machine.run(`cp -r ${second} /tmp/bad && echo x >> /tmp/bad/mission-control-*.tar.gz`)
    const damaged = await install('--from /tmp/bad')
    expect(damaged.output).toContain('is damaged: its SHA-256 is another')
    expect(damaged.code).toBe(1)
    await machine.run(
      'mv /usr/local/bin/mission-control /tmp/wrapper && echo mine > /usr/local/bin/mission-control',
    )
    const foreign = await install(`--from ${second}`)
    expect(foreign.output).toContain('was not written by this script')
    expect(foreign.code).toBe(1)
    expect(read('/usr/local/bin/mission-control')).toBe('mine\n')
    await machine.run('mv /tmp/wrapper /usr/local/bin/mission-control')
    for (const words of ['--nonsense', '--port', '--domain https://x', '--purge']) {
      const { code, output } = await install(words)
      expect(code, words).toBe(2)
      expect(output, words).toContain('Usage: install.sh')
    }
    const half = await machine.run('bash -s -- --no-docker', SCRIPT.slice(0, SCRIPT.length - 200))
    expect(half.output).not.toContain('Mission Control is')
    expect((await install('')).output).toContain('Say with --from')
    expect(readlinkSync(machine.at('/opt/mission-control/current'))).toBe(now)
  })

  test('uninstalled: the program is gone and the data stays; with --purge all of it is gone', async () => {
    const { machine, first, port } = given()
    const { code, output } = await machine.run('bash -s -- --uninstall', SCRIPT)
    expect(code, output).toBe(0)
    expect(await fetch(`http://localhost:${port}/health`).catch(() => 'gone')).toBe('gone')
    for (const path of [
      '/opt/mission-control',
      '/usr/local/bin/mission-control',
      '/etc/systemd/system/mission-control.service',
    ])
      expect(existsSync(machine.at(path)), path).toBe(false)
    expect(existsSync(machine.at('/var/lib/mission-control/postgres/data'))).toBe(true)
    const settings = read(ENV)
    // Installed again, the same installation is back.
    expect((await install(`--from ${first}`)).code).toBe(0)
    expect(read(ENV)).toBe(settings)
    expect((await fetch(`http://localhost:${port}/ready`)).status).toBe(200)

    const purged = await machine.run('bash -s -- --uninstall --purge', SCRIPT)
    expect(purged.code, purged.output).toBe(0)
    for (const path of ['/opt/mission-control', '/var/lib/mission-control', '/etc/mission-control'])
      expect(existsSync(machine.at(path)), path).toBe(false)
    expect((await machine.run('id mission-control')).code).not.toBe(0)
    expect((await machine.run('bash -s -- --uninstall', SCRIPT)).output).toContain('is not installed here')
  })
}
