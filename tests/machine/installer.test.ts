import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installRules, makeReleases } from '../support/install-rules.ts'
import { beginMachine, type Machine } from '../support/machine.ts'
import { freePort } from '../support/server.ts'

const ROOT = join(import.meta.dir, '..', '..')
/** A fresh Debian is made once and kept: its packages come over the network. */
const DEBIAN = '/var/cache/mission-control-tests/bookworm'
const stub = readFileSync(join(ROOT, 'tests', 'support', 'stub-systemctl.sh'), 'utf8')

function makeDebian(): void {
  if (existsSync(join(DEBIAN, 'etc', 'debian_version'))) return
  const fresh = `${DEBIAN}.new`
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { recursive: true })
  const made = Bun.spawnSync(
    [
      'debootstrap',
      '--variant=minbase',
      'bookworm',
      fresh,
      process.env.MC_TEST_DEBIAN_MIRROR ?? 'http://deb.debian.org/debian',
    ],
    { stdout: 'inherit', stderr: 'inherit' },
  )
  if (!made.success) throw new Error('debootstrap failed')
  renameSync(fresh, DEBIAN)
}

describe('the installer, on a fresh Debian', () => {
  let machine: Machine
  let folder: string
  let releases: { first: string; second: string }
  const port = freePort()
  beforeAll(async () => {
    makeDebian()
    folder = mkdtempSync(join(tmpdir(), 'mc-releases-'))
    chmodSync(folder, 0o755)
    releases = await makeReleases(folder)
    machine = await beginMachine({ base: DEBIAN, shared: [folder], files: { '/usr/bin/systemctl': stub } })
  })
  afterAll(async () => {
    await machine?.run('for file in /var/lib/stub-*.pid; do kill $(cat $file); done')
    await machine?.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  test('it has neither Bun nor Node nor curl', async () => {
    expect((await machine.run('command -v bun node curl git')).output).toBe('')
  })

  installRules(() => ({ machine, port, ...releases }))
})
