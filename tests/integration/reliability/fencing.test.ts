import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { createOrg } from '../../../src/commands/org-create.ts'
import { newId } from '../../../src/contracts/ids.ts'
import type { Database } from '../../../src/db/client.ts'
import { startDatabase, type TestDatabase } from '../../support/database.ts'

let db: TestDatabase
let database: Database

beforeAll(async () => {
  db = await startDatabase()
  database = db.database
})
afterAll(() => db.stop())

function startOwner(org_id: string, name: string) {
  const args = JSON.stringify({ connection: db.app, org_id, name })
  const child = Bun.spawn([process.execPath, join(import.meta.dir, '../../support/lane-owner.ts'), args], {
    stdout: 'pipe',
    stderr: 'inherit',
  })
  let output = ''
  void (async () => {
    for await (const chunk of child.stdout) output += new TextDecoder().decode(chunk)
  })()
  const says = async (word: string) => {
    while (!output.includes(word)) await Bun.sleep(10)
  }
  return { child, says, output: () => output }
}

test('I-20 an owner that was paused writes nothing after another took over, in ten rounds', async () => {
  for (let round = 0; round < 10; round++) {
    const account = { email: `founder${round}@example.com`, password_hash: 'x' }
    const { org } = await createOrg(database, {
      name: 'Fence',
      slug: `fence-${round}`,
      founder: { user_id: newId(), display_name: 'Founder' },
      new_account: account,
    })
    const first = startOwner(org.id, 'first')
    await first.says('writing')
    // At a random moment, so that some rounds stop it inside its transaction.
    await Bun.sleep(Math.random() * 40)
    first.child.kill('SIGSTOP')
    const second = startOwner(org.id, 'second')
    await second.says('writing')
    await Bun.sleep(50)
    first.child.kill('SIGCONT')
    await first.says('fenced')
    await first.child.exited
    second.child.kill('SIGKILL')
    await second.child.exited

    const rows = await database.withOrg(
      org.id,
      ({ sql }) =>
        sql<
          { sequence: number; actor_name: string }[]
        >`select sequence, actor_name from events where org_id = ${org.id} order by sequence`,
    )
    expect(rows.map((row) => row.sequence)).toEqual(rows.map((_, i) => i + 1))
    const names = rows.slice(3).map((row) => row.actor_name)
    const takeover = names.indexOf('second')
    expect(takeover).toBeGreaterThan(0)
    expect(names.slice(takeover).filter((name) => name === 'first')).toEqual([])
    const acked = Number(/fenced after (\d+)/.exec(first.output())?.[1])
    expect(names.filter((name) => name === 'first').length).toBeGreaterThanOrEqual(acked)
  }
})
