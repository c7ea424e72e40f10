import { afterAll, beforeAll, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { copyCheckout } from '../../support/checkout.ts'
import { expectNoPostgres } from '../../support/postgres-processes.ts'
import { type Start, startCheckout } from '../../support/start.ts'

/** A fresh clone: nothing is installed or built. */
let checkout: string

beforeAll(() => {
  checkout = mkdtempSync(join(tmpdir(), 'mc-clone-'))
  copyCheckout(checkout, { prepared: false })
})

afterAll(() => rmSync(checkout, { recursive: true, force: true }), 60_000)

const exists = (path: string) => existsSync(join(checkout, path))
const packages = () =>
  exists('node_modules/.bun') ? readdirSync(join(checkout, 'node_modules/.bun')).length : 0

/** Moments of the first run in their order; each is recognized by what is on the disk. */
const MOMENTS: readonly (readonly [string, () => boolean])[] = [
  ['the installation is marked as running', () => exists('node_modules/.mission-control/installed.running')],
  ['a third of the packages is there', () => packages() > 150],
  ['most packages are there', () => packages() > 350],
  ['the dependencies of the app are there', () => exists('ui/node_modules/vue')],
  ['the build of the app is marked as running', () => exists('node_modules/.mission-control/ui.running')],
  ['the page of the app is there', () => exists('ui/dist.new/index.html')],
]

/** Waits for the moment; false when the run got past it. */
async function reached(start: Start, moment: () => boolean): Promise<boolean> {
  while (!moment()) {
    if (start.output().includes('listens on')) return false
    if (start.ended()) throw new Error(`It ended by itself:\n${start.output()}`)
    await Bun.sleep(1)
  }
  return true
}

test('I-62 a first run that is killed with -9 at any moment of installation and build recovers by itself', async () => {
  const seen: string[] = []
  for (const [i, [name, moment]] of MOMENTS.entries()) {
    const start = startCheckout({ checkout })
    if (await reached(start, moment)) seen.push(name)
    // Alternately with all that it started, and alone: then its children go on while the next start begins.
    if (i % 2 === 0) start.killAll()
    else process.kill(start.pid, 'SIGKILL')
    await start.exited
  }
  const start = startCheckout({ checkout })
  try {
    await start.says('listens on')
    const page = await fetch(start.url)
    expect(await page.text()).toContain('<!doctype html>')
    expect(readdirSync(join(checkout, 'node_modules/.mission-control')).sort()).toEqual(['installed', 'ui'])
    expect(exists('ui/dist.new')).toBe(false)
    // The machine may be too quick to be caught at each moment; the one that installs is caught always.
    expect(seen.length).toBeGreaterThan(MOMENTS.length / 2)
    process.kill(start.pid, 'SIGTERM')
    await start.exited
    await expectNoPostgres(join(checkout, 'data'))
  } finally {
    start.killAll()
  }
})
