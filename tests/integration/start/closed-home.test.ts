import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { copyCheckout } from '../../support/checkout.ts'
import { expectNoPostgres, postgresProcesses } from '../../support/postgres-processes.ts'
import { startCheckout } from '../../support/start.ts'

/** The ordinary user: `nobody`. Node.js may lie in the closed home of root, so this user starts by Bun of the checkout. */
const NOBODY = 65_534

const root = process.getuid?.() === 0

/** The whole checkout, dependencies and data folder below a home that only its owner may pass. */
let home: string
let checkout: string

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'mc-home-'))
  chmodSync(home, 0o700)
  checkout = join(home, 'mission-control')
  copyCheckout(checkout, { prepared: true })
})

afterAll(() => rmSync(home, { recursive: true, force: true }), 60_000)

async function servesAPage(uid?: number): Promise<void> {
  const start = startCheckout({
    checkout,
    ...(uid === undefined ? {} : { uid, runtime: 'node_modules/.bin/bun', env: { HOME: home } }),
  })
  try {
    await start.says('listens on')
    const page = await fetch(start.url)
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('<!doctype html>')
    expect((await fetch(`${start.url}/ready`)).status).toBe(200)
    const [pid] = postgresProcesses(join(checkout, 'data'))
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    expect(/^Uid:\s+(\d+)/m.exec(status)?.[1]).not.toBe('0')
    // No capability that would let SQL read every file of the machine.
    expect(/^CapEff:\s+(\S+)/m.exec(status)?.[1]).toBe('0000000000000000')
    process.kill(start.pid, 'SIGTERM')
    expect(await start.exited).toBe(0)
    await expectNoPostgres(join(checkout, 'data'))
  } finally {
    start.killAll()
  }
}

describe('I-63 a checkout below a home of mode 700', () => {
  test.if(root)('starts as root, twice', async () => {
    await servesAPage()
    await servesAPage()
  })

  test('starts as the ordinary user who owns it', async () => {
    rmSync(join(checkout, 'data'), { recursive: true, force: true })
    if (root) giveFolders(home)
    await servesAPage(root ? NOBODY : undefined)
  })
})

/** Gives folders, and files that no other checkout shares, to the ordinary user. */
function giveFolders(folder: string): void {
  chownSync(folder, NOBODY, NOBODY)
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) giveFolders(join(folder, entry.name))
  const records = join(folder, '.mission-control')
  if (existsSync(records))
    for (const name of readdirSync(records)) chownSync(join(records, name), NOBODY, NOBODY)
}
