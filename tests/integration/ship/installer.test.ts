import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canAssemble } from '../../support/image.ts'
import { installRules, makeReleases, SCRIPT } from '../../support/install-rules.ts'
import { beginMachine, type Machine } from '../../support/machine.ts'
import { freePort } from '../../support/server.ts'

const ROOT = join(import.meta.dir, '..', '..', '..')
const SHELLCHECK = Bun.which('shellcheck')
const stub = readFileSync(join(ROOT, 'tests', 'support', 'stub-systemctl.sh'), 'utf8')

/** Stands in for Docker: keeps its calls, and has one server container once it was started. */
const DOCKER = `#!/bin/bash
echo "$PWD: $*" >>/var/log/docker
case "$*" in
  "compose up"*) touch /var/lib/docker-up ;;
  "compose down"*) rm -f /var/lib/docker-up ;;
  "compose ps"*) [ ! -f /var/lib/docker-up ] || echo 1234 ;;
esac
`

test.skipIf(!SHELLCHECK)('shellcheck finds nothing in the scripts', () => {
  const files = ['scripts/install.sh', 'tests/support/stub-systemctl.sh', '.ci/run']
  const checked = Bun.spawnSync([SHELLCHECK ?? '', ...files], { cwd: ROOT })
  expect(checked.stdout.toString()).toBe('')
  expect(checked.exitCode).toBe(0)
})

test('the installer is a program, and explains itself', () => {
  expect(statSync(join(ROOT, 'scripts', 'install.sh')).mode & 0o111).toBe(0o111)
  const help = Bun.spawnSync(['bash', join(ROOT, 'scripts', 'install.sh'), '--help'])
  expect(help.stdout.toString()).toContain('--no-docker')
  expect(help.exitCode).toBe(0)
})

/** Elsewhere nothing may be mounted. `npm test machine` runs the same rules on a fresh Debian. */
if (canAssemble())
  describe('the installer, on this machine with a layer of its own', () => {
    let machine: Machine
    let folder: string
    let releases: { first: string; second: string }
    const port = freePort()
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'mc-releases-'))
      chmodSync(folder, 0o755)
      releases = await makeReleases(folder)
      machine = await beginMachine({
        shared: [folder],
        files: { '/usr/bin/systemctl': stub, '/usr/local/bin/docker': DOCKER },
      })
    })
    afterAll(async () => {
      await machine?.run('for file in /var/lib/stub-*.pid; do kill $(cat $file); done')
      await machine?.remove()
      rmSync(folder, { recursive: true, force: true })
    })

    installRules(() => ({ machine, port, ...releases }))

    test('with Docker: files and secrets are in place, and again it backs up and updates', async () => {
      const words = `bash -s -- --from ${releases.first} --version 1.2.3`
      expect((await machine.run(words, SCRIPT)).output).toContain('--domain is needed')
      const made = await machine.run(`${words} --domain mc.example.com`, SCRIPT)
      expect(made.code, made.output).toBe(0)
      expect(made.output).toContain('https://mc.example.com')
      const env = machine.at('/opt/mission-control/docker/.env')
      const settings = readFileSync(env, 'utf8')
      expect((statSync(env).mode & 0o777).toString(8)).toBe('600')
      for (const name of ['POSTGRES_PASSWORD', 'MC_APP_PASSWORD', 'MC_JWT_SECRET', 'MC_KEY_PEPPER'])
        expect(settings).toMatch(new RegExp(`^${name}=[A-Za-z0-9_-]{64}$`, 'm'))
      expect(settings).toContain('MC_SERVER_IMAGE=mission-control/server:1.2.3')
      const compose = readFileSync(machine.at('/opt/mission-control/docker/docker-compose.yml'), 'utf8')
      expect(compose).toEndWith(readFileSync(join(ROOT, 'docker', 'docker-compose.selfhost.yml'), 'utf8'))

      // The host is known from the first time.
      const again = await machine.run(`bash -s -- --from ${releases.first} --version 1.2.4`, SCRIPT)
      expect(again.code, again.output).toBe(0)
      const secret = (text: string) => /^MC_JWT_SECRET=.*$/m.exec(text)?.[0]
      const now = readFileSync(env, 'utf8')
      expect(secret(now)).toBe(secret(settings)!)
      expect(now).toContain('server:1.2.4')
      const calls = readFileSync(machine.at('/var/log/docker'), 'utf8')
      expect(calls).toMatch(
        /compose exec -T server mission-control backup\n.*compose pull --quiet\n.*compose up --detach/,
      )

      expect((await machine.run('bash -s -- --uninstall --purge', SCRIPT)).code).toBe(0)
      expect(readFileSync(machine.at('/var/log/docker'), 'utf8')).toContain('compose down --volumes')
      expect((await machine.run('ls -d /opt/mission-control')).code).not.toBe(0)
    })
  })
