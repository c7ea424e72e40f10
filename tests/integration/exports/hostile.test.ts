import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { type Header, pack } from 'tar-stream'
import { newId } from '../../../src/contracts/ids.ts'
import { LoadDatabase } from '../../../src/db/transfer/load.ts'
import { TRANSFER_TABLES } from '../../../src/db/transfer/tables.ts'
import { importExport } from '../../../src/exports/import-export.ts'
import { makeOrg, startDatabase, type TestDatabase } from '../../support/database.ts'
import { exportOf, filesOf, importOf } from '../../support/exports.ts'
import { type FullOrg, makeFullOrg } from '../../support/full-org.ts'

let here: TestDatabase
let there: TestDatabase
let org: FullOrg
let sound: Map<string, Buffer>
let file: Buffer
let loads: LoadDatabase

beforeAll(async () => {
  here = await startDatabase()
  there = await startDatabase()
  loads = new LoadDatabase(there.app)
  org = await makeFullOrg(here.superuser, here.database)
  file = await exportOf(here, org.org_id)
  sound = filesOf(file)
})
afterAll(async () => {
  await loads.close()
  await here.stop()
  await there.stop()
})

type Row = Record<string, unknown>

/** The sound files with changed rows, and a manifest that agrees with them. */
function withRows(name: string, change: (rows: Row[]) => unknown[]): Map<string, Buffer> {
  const rows = String(sound.get(name))
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Row)
  const text = change(rows)
    .map((row) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`)
    .join('')
  return summed(new Map(sound).set(name, Buffer.from(text)))
}

function summed(files: Map<string, Buffer>, changed: Row = {}): Map<string, Buffer> {
  const manifest = JSON.parse(String(sound.get('manifest.json'))) as Row
  manifest.files = [...files]
    .filter(([name]) => name !== 'manifest.json')
    .map(([name, content]) => ({
      name,
      rows: String(content).split('\n').length - 1,
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
    }))
  return new Map(files).set('manifest.json', Buffer.from(JSON.stringify({ ...manifest, ...changed })))
}

async function packed(files: Iterable<[string, Buffer]>, header: (name: string) => object = () => ({})) {
  const tar = pack()
  for (const [name, content] of files) {
    const own = header(name)
    tar.entry({ name, ...own } as Header, 'type' in own ? Buffer.alloc(0) : content)
  }
  tar.finalize()
  const chunks: Uint8Array[] = []
  for await (const chunk of tar) chunks.push(chunk as Uint8Array)
  return gzipSync(Buffer.concat(chunks))
}

/** The file is refused with these words, and nothing of it is stored. */
async function refused(bytes: Uint8Array, says: string | RegExp, options = {}): Promise<void> {
  const error = await importExport(loads, importOf(bytes, options)).then(
    () => new Error('It was imported'),
    (thrown: Error) => thrown,
  )
  expect(error.message).toMatch(says)
  expect(error.name).toBe('BadExport')
  for (const { table, org_column } of TRANSFER_TABLES) {
    if (org_column === undefined) continue
    const [row] = await there.superuser<{ n: number }[]>`
      select count(*)::int as n from ${there.superuser(table)} where ${there.superuser(org_column)} = ${org.org_id}`
    expect(row?.n, table).toBe(0)
  }
  const [users] = await there.superuser<
    { n: number }[]
  >`select count(*)::int as n from users where id = ${org.founder_id}`
  expect(users?.n).toBe(0)
}

describe('a container that is none of ours', () => {
  test('not gzip, not tar, cut off, with another byte', async () => {
    await refused(Buffer.from('Hello'), 'not a gzip file')
    await refused(gzipSync(Buffer.alloc(4096, 'a')), 'not a tar archive')
    await refused(gzipSync(Buffer.alloc(0)), 'no manifest')
    await refused(file.subarray(0, file.length - 20), 'ends too early')
    await refused(await packed([...sound].slice(0, 5)), 'no manifest')
    const damaged = Buffer.from(file)
    damaged[Math.floor(file.length / 2)]! ^= 0xff
    await refused(damaged, /damaged|expected|manifest says|jsonl/)
  })

  test('names that lead elsewhere, links, folders, devices', async () => {
    for (const name of ['../organization.jsonl', '/etc/passwd', 'a/../../b', 'organization.jsonl\n']) {
      const files = [[name, sound.get('organization.jsonl')!] as [string, Buffer], ...[...sound].slice(1)]
      await refused(await packed(files), /is expected|plain file/)
    }
    for (const type of ['symlink', 'link', 'directory', 'character-device', 'fifo']) {
      const as = (name: string) => (name === 'users.jsonl' ? { type, linkname: '/etc/passwd', size: 0 } : {})
      await refused(await packed(sound, as), /plain file|is expected|damaged/)
    }
  })

  test('files that are missing, more, in another order, or there twice', async () => {
    const all = [...sound]
    await refused(await packed(all.filter(([name]) => name !== 'tasks.jsonl')), '"tasks.jsonl" is expected')
    await refused(await packed([...all, ['more.jsonl', Buffer.from('')]]), 'after the manifest')
    await refused(await packed([all[0]!, ...all]), 'is expected')
    await refused(await packed([all[1]!, all[0]!, ...all.slice(2)]), 'is expected')
  })

  test('bombs: by size, by ratio, by a header', async () => {
    const zeros = Buffer.alloc(80 * 2 ** 20, '\n')
    const bomb = await packed([['organization.jsonl', zeros]])
    await refused(bomb, 'line 1: not JSON')
    const blank = await packed([['organization.jsonl', Buffer.alloc(80 * 2 ** 20, ' ')]])
    await refused(blank, 'longer than 4 MiB')
    await refused(file, 'more than 1 MiB', { limits: { bytes_max: 5_000, ratio_max: 300 } })
    // Sound rows, so the ratio alone ends it.
    const [message] = String(sound.get('messages.jsonl')).split('\n')
    const { channel_id, ...rest } = JSON.parse(message!) as Row
    const rows = Array.from({ length: 8_000 }, (_, i) => ({
      channel_id,
      ...rest,
      seq: i + 1,
      content: 'a'.repeat(10_000),
    }))
    const repetitive = withRows('messages.jsonl', () => rows)
    await refused(await packed(repetitive), 'more than 50 times its size', {
      limits: { bytes_max: 2 ** 32, ratio_max: 50 },
    })
    const header = Buffer.alloc(512)
    header.write('x')
    header.write('77777777777\0', 124)
    header.write('x', 156)
    header.write('ustar\0', 257)
    header.write('00', 263)
    header.write('        ', 148)
    let sum = 0
    for (const byte of header) sum += byte
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    await refused(gzipSync(Buffer.concat([header, Buffer.alloc(8 * 2 ** 20, 'a')])), 'not a tar archive')
  })
})

describe('a manifest that says something else', () => {
  test('another format, version, schema, or no manifest at all', async () => {
    const as = (changed: Row) => packed(summed(sound, changed))
    await refused(await as({ format: 'other' }), 'not an export of Mission Control')
    await refused(await as({ format_version: 2 }), 'version 2 of the format')
    await refused(await as({ schema_version: 1 }), 'schema version 1')
    await refused(await as({ sequence: -1 }), 'not complete')
    await refused(await as({ more: 1 }), 'not complete')
    await refused(
      await as({ org: { id: newId(), slug: org.slug, name: 'x' } }),
      'one organization of the manifest',
    )
    await refused(await packed(new Map(sound).set('manifest.json', Buffer.from('{'))), 'not JSON')
    await refused(await packed(new Map(sound).set('manifest.json', Buffer.from('null'))), 'not an export')
  })

  test('wrong sums, sizes and counts', async () => {
    const manifest = JSON.parse(String(sound.get('manifest.json'))) as { files: Row[] }
    for (const changed of [{ sha256: 'a'.repeat(64) }, { rows: 9 }, { bytes: 9 }]) {
      const files = manifest.files.map((one, i) => (i === 5 ? { ...one, ...changed } : one))
      await refused(await packed(summed(sound, { files })), 'rows, size or SHA-256 differ')
    }
    await refused(
      await packed(summed(sound, { files: [...manifest.files, manifest.files[0]] })),
      'names files',
    )
    await refused(await packed(summed(sound, { files: manifest.files.slice(1) })), 'at its place')
  })
})

describe('rows that cannot be', () => {
  const twice = (rows: Row[]) => [...rows, rows.at(-1)!]
  const changed = (fields: Row) => (rows: Row[]) => [{ ...rows[0], ...fields }, ...rows.slice(1)]
  const cases: [string, (rows: Row[]) => unknown[], string | RegExp][] = [
    ['tasks.jsonl', twice, 'the same id again'],
    ['messages.jsonl', twice, 'the same channel_id and seq again'],
    ['events.jsonl', (rows) => rows.toReversed(), 'not in the order'],
    ['events.jsonl', (rows) => rows.slice(1).filter((_, i) => i !== 1), 'a gap'],
    ['events.jsonl', (rows) => rows.slice(0, -1), 'does not end where'],
    ['tasks.jsonl', changed({ org_id: newId() }), /org_id/],
    ['tasks.jsonl', changed({ status: 'done' }), '/status'],
    ['tasks.jsonl', changed({ title: null }), '/title'],
    ['tasks.jsonl', (rows) => ['[]', ...rows.slice(1)], 'tasks.jsonl, line 1'],
    ['tasks.jsonl', (rows) => ['{"id":', ...rows.slice(1)], 'not JSON'],
    ['tasks.jsonl', changed({ title: 'a\0b' }), 'the database refuses'],
    ['tasks.jsonl', changed({ id: '00000000-0000-0000-0000-00000000000G' }), '/id'],
    ['task_assignees.jsonl', changed({ user_id: newId() }), 'not in the file'],
    ['task_projects.jsonl', changed({ project_id: newId() }), 'not in the file'],
    ['project_users.jsonl', changed({ user_id: newId() }), 'not in the file'],
    [
      'memberships.jsonl',
      (rows) => [
        ...rows,
        {
          ...rows[0],
          user_id: 'ffffffff-ffff-7fff-bfff-ffffffffffff',
          account_id: null,
          username: 'x',
          identifier: null,
        },
      ],
      'not in the file',
    ],
    ['memberships.jsonl', (rows) => rows.map((row) => ({ ...row, username: 'same' })), 'there twice'],
    ['memberships.jsonl', (rows) => rows.map((row) => ({ ...row, role: 'contributor' })), 'no administrator'],
    ['channels.jsonl', (rows) => rows.filter(({ type }) => type === 'project'), /not in the file/],
    ['channels.jsonl', (rows) => rows.map((row) => ({ ...row, last_seq: 1 })), 'beyond its last one'],
    ['projects.jsonl', changed({ owner_id: newId() }), 'owner of a project'],
    ['projects.jsonl', changed({ channel_id: newId() }), 'not the channel that it names'],
    ['messages.jsonl', (rows) => rows.map((row) => ({ ...row, id: rows[0]!.id })), 'two messages'],
    ['messages.jsonl', changed({ created_at: '1999-01-01T00:00:00.000000Z' }), 'cannot be'],
    ['messages.jsonl', changed({ created_at: '2999-01-01T00:00:00.000000Z' }), 'cannot be'],
    ['messages.jsonl', changed({ created_at: '2026-13-41T00:00:00.000000Z' }), /cannot be|refuses/],
    ['organization.jsonl', twice, 'the same id again'],
    ['organization.jsonl', () => [], 'one organization of the manifest'],
    ['organization.jsonl', changed({ settings: {} }), '/settings'],
    ['organization.jsonl', changed({ slug: 'other-slug' }), 'one organization of the manifest'],
    ['notifications.jsonl', changed({ event_sequence: 9999 }), 'after the last one'],
    ['subscriptions.jsonl', changed({ user_id: newId() }), 'a subscriber'],
    ['channel_reads.jsonl', changed({ user_id: newId() }), 'a reader'],
    ['task_dependencies.jsonl', (rows) => circle(rows), 'in a circle'],
    // The next number has to fit too.
    ['tasks.jsonl', changed({ version: 2 ** 31 - 1 }), '/version'],
    ['channels.jsonl', changed({ last_seq: Number.MAX_SAFE_INTEGER }), '/last_seq'],
    // What a request could not bring, a file cannot bring either.
    ['organization.jsonl', changed({ name: 'A\u001b]0;x\u0007' }), '/name'],
    ['organization.jsonl', changed({ name: 'Another' }), 'one organization of the manifest'],
    ['users.jsonl', changed({ display_name: '\u202eevil' }), '/display_name'],
    ['users.jsonl', changed({ email: 'a@example.com\r\nBcc: b@example.com' }), '/email'],
    ['memberships.jsonl', changed({ display_name: '\u200b' }), '/display_name'],
    ['memberships.jsonl', changed({ username: 'a b' }), '/username'],
    ['projects.jsonl', changed({ name: 'x'.repeat(201) }), '/name'],
    ['tasks.jsonl', changed({ title: 'x'.repeat(501) }), '/title'],
    ['tasks.jsonl', changed({ description: 'x'.repeat(50_001) }), '/description'],
    ['task_evidence.jsonl', changed({ url: 'javascript:alert(1)' }), '/url'],
    ['task_evidence.jsonl', changed({ url: 'https://x.example/\r\nX: y' }), '/url'],
    ['channels.jsonl', changed({ name: 'a\nb' }), '/name'],
    ['messages.jsonl', changed({ content: 'x'.repeat(10_001) }), '/content'],
    ['messages.jsonl', changed({ sender_name: 'a\nb' }), '/sender_name'],
    ['events.jsonl', changed({ actor_name: 'a\u001b[2J' }), '/actor_name'],
  ]
  test.each(cases)('%s: case %#', async (name, change, says) => {
    await refused(await packed(withRows(name, change)), says)
  })

  function circle([row]: Row[]): Row[] {
    const back = { ...row, task_id: row!.blocked_by_id, blocked_by_id: row!.task_id }
    return [row!, back].sort((a, b) => (String(a.task_id) < String(b.task_id) ? -1 : 1))
  }

  test('bytes that are no UTF-8, a line without its end', async () => {
    const bytes = Buffer.from(sound.get('tasks.jsonl')!)
    bytes[20] = 0xff
    await refused(await packed(summed(new Map(sound).set('tasks.jsonl', bytes))), 'not UTF-8')
    const cut = sound.get('tasks.jsonl')!.subarray(0, -1)
    await refused(await packed(summed(new Map(sound).set('tasks.jsonl', cut))), 'does not end')
  })
})

describe('what is here already', () => {
  test('a slug that is taken, a reserved one, a single-tenant server with an org', async () => {
    const other = await makeOrg(there.database)
    await refused(file, 'Choose another address', { slug: other.org.slug })
    for (const slug of ['api', 'Ä', 'a', '-a-']) await refused(file, 'cannot be the address', { slug })
    await refused(file, 'one organization only', { single_tenant: true })
  })

  test('a user who is somebody else here, an agent of another org', async () => {
    await there.superuser`insert into users (id, type, email, display_name, password_hash, status) values (${newId()}, 'human', 'x@example.com', 'X', 'h', 'active')`
    const other = await makeOrg(there.database)
    const takes = (fields: Row) =>
      withRows('users.jsonl', (rows) =>
        [...rows.map((row) => ({ ...row })), { ...rows[0], ...fields }].sort((a, b) =>
          String(a.id) < String(b.id) ? -1 : 1,
        ),
      )
    await refused(
      await packed(takes({ id: other.founder_id, type: 'human', email: 'attacker@example.com' })),
      'is somebody else here',
    )
    const agent_id = newId()
    await there.superuser`insert into users (id, type, display_name, status) values (${agent_id}, 'agent', 'A', 'active')`
    await there.superuser`insert into memberships (org_id, user_id, account_id, type, role, display_name, username, status, notification_preferences) values (${other.org.id}, ${agent_id}, ${agent_id}, 'agent', 'contributor', 'A', 'a-agent', 'active', '{"email":"all"}')`
    await refused(
      await packed(takes({ id: agent_id, type: 'agent', email: null })),
      'agent of another organization',
    )
  })

  test('a known account keeps its password; the same org is not made twice', async () => {
    await there.superuser`insert into users (id, type, email, display_name, password_hash, status) values (${org.founder_id}, 'human', ${`${org.founder_id}@EXAMPLE.com`}, 'Known', 'kept-hash', 'active')`
    const imported = await importExport(loads, importOf(file, { slug: 'another-slug' }))
    expect(imported.slug).toBe('another-slug')
    expect(imported.links).toEqual([])
    const [user] =
      await there.superuser`select password_hash, display_name from users where id = ${org.founder_id}`
    expect(user).toMatchObject({ password_hash: 'kept-hash', display_name: 'Known' })
    const again = await importExport(loads, importOf(file, { slug: 'third-slug' })).catch((e: Error) => e)
    expect(String(again)).toContain('here already')
  })
})
