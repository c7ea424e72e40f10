import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { EventEnvelope } from '../../../src/contracts/events.ts'
import type { Export, Notification } from '../../../src/contracts/resources.ts'
import { type Bucket, startBucket } from '../../support/bucket.ts'
import { addAgent, join as joinOrg, type Person, setUp } from '../../support/client.ts'
import { failAnExport, filesOf, manifestOf } from '../../support/exports.ts'
import { databaseOf, startServer, type TestServer } from '../../support/server.ts'
import { SseJournal, until } from '../../support/streams.ts'

let server: TestServer
let admin: Person
let member: Person
let bucket: Bucket

beforeAll(async () => {
  bucket = await startBucket()
  server = await startServer()
  admin = await setUp(server)
  member = await joinOrg(admin, 'Ana Lima')
  await addAgent(admin, 'forge')
})
afterAll(async () => {
  await server.stop()
  await bucket.close()
})

const get = async (id: string, who = admin) => (await who.in<Export>('GET', `/exports/${id}`)).body

async function ready(id: string, who = admin): Promise<Export> {
  await until(
    async () => !['pending', 'processing'].includes((await get(id, who)).status),
    'the end of an export',
  )
  return await get(id, who)
}

async function request(who = admin): Promise<Export> {
  return (await who.in<Export>('POST', '/exports')).body
}

function download(id: string, who = admin, from = server): Promise<Response> {
  return fetch(`${from.url}/api/v1/orgs/${who.org}/exports/${id}/download`, {
    headers: { Cookie: who.cookieHeader },
  })
}

/** Files in the folder of exports. */
function stored(of = server): string[] {
  const folder = join(of.data_dir, 'exports')
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
}

describe('an export', () => {
  test('is made in the background, told to administrators, and downloaded with its sum', async () => {
    const stream = await SseJournal.open(`${server.url}/api/v1/orgs/${admin.org}/events/stream`, {
      Cookie: admin.cookieHeader,
    })
    const asked = await admin.in<Export>('POST', '/exports')
    expect(asked.status).toBe(201)
    expect(asked.body).toMatchObject({
      status: 'pending',
      progress: 0,
      size_bytes: null,
      sha256: null,
      error: null,
    })
    const made = await ready(asked.body.id)
    expect(made).toMatchObject({ status: 'ready', progress: 100, error: null })
    expect(Date.parse(made.expires_at!) - Date.now()).toBeGreaterThan(71 * 3_600_000)

    const answer = await download(made.id)
    expect(answer.status).toBe(200)
    const file = Buffer.from(await answer.arrayBuffer())
    const sum = createHash('sha256').update(file).digest()
    expect(sum.toString('hex')).toBe(made.sha256!)
    expect(file.length).toBe(made.size_bytes!)
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/gzip',
      'content-length': String(made.size_bytes),
      'content-disposition': expect.stringMatching(/^attachment; filename="fieldnote-\d{8}-\d{4}\.tar\.gz"$/),
      'repr-digest': `sha-256=:${sum.toString('base64')}:`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    expect(manifestOf(file)).toMatchObject({ org: { slug: admin.org } })
    expect(String(filesOf(file).get('users.jsonl'))).toContain('Ana Lima')

    await until(() => stream.ofType('export.ready').length === 1)
    expect(stream.ofType('export.requested')[0]?.payload).toMatchObject({
      export: asked.body,
      user_agent: expect.any(String),
    })
    expect(stream.ofType('export.ready')[0]?.payload).toMatchObject({ export: made })
    expect(stream.ofType('export.progress')[0]?.payload.export).toMatchObject({
      id: made.id,
      status: 'processing',
    })
    expect(stream.problems).toEqual([])
    await stream.close()
    const { body } = await admin.in<{ data: Notification[] }>('GET', '/notifications')
    expect(body.data[0]).toMatchObject({ type: 'export.ready', resource: { type: 'export', id: made.id } })
  })

  test('while one is under way, that one is the answer', async () => {
    const sql = databaseOf(server)
    const [asked] = await Promise.all([request(), request(), request()])
    const again = await admin.in<Export>('POST', '/exports')
    if (again.status === 200) expect(again.body.id).toBe(asked.id)
    await until(async () =>
      (await admin.in<{ data: Export[] }>('GET', '/exports')).body.data.every(
        ({ status }) => status === 'ready',
      ),
    )
    await sql`update exports set status = 'processing', updated_at = now() where id = ${asked.id}`
    const second = await admin.in<Export>('POST', '/exports')
    expect([second.status, second.body.id]).toEqual([200, asked.id])
    await sql`update exports set status = 'ready' where id = ${asked.id}`
    await sql.end({ timeout: 1 })
  })

  test('is for administrators, and its events too', async () => {
    const { id } = (await admin.in<{ data: Export[] }>('GET', '/exports')).body.data[0]!
    for (const [method, path] of [
      ['POST', '/exports'],
      ['GET', '/exports'],
      ['GET', `/exports/${id}`],
      ['GET', `/exports/${id}/download`],
    ] as const)
      expect((await member.in(method, path)).status).toBe(403)
    const { body } = await member.in<{ data: EventEnvelope[] }>('GET', '/events?type=export.*')
    expect(body.data).toEqual([])
  })

  test('without a file there is nothing to download', async () => {
    const id = await failAnExport(server, admin)
    const failed = await ready(id)
    expect(failed).toMatchObject({ status: 'failed', size_bytes: null, expires_at: null })
    expect(failed.error).toContain('The server stopped 3 times')
    for (const one of [id, crypto.randomUUID()]) {
      const answer = await download(one)
      expect([answer.status, ((await answer.json()) as { error: { code: string } }).error.code]).toEqual([
        404,
        'EXPORT_NOT_FOUND',
      ])
    }
  })

  test('a reader that hangs up ends nothing but its own download', async () => {
    const { id } = await ready((await request()).id)
    for (let i = 0; i < 20; i++) {
      const off = new AbortController()
      const answer = await fetch(`${server.url}/api/v1/orgs/${admin.org}/exports/${id}/download`, {
        headers: { Cookie: admin.cookieHeader },
        signal: off.signal,
      })
      off.abort()
      await answer.arrayBuffer().catch(() => undefined)
    }
    expect((await download(id)).status).toBe(200)
  })

  test('a suspended org can be exported, and one that is about to be deleted', async () => {
    await admin.in('POST', '/suspend')
    expect(await ready((await request()).id)).toMatchObject({ status: 'ready' })
    await admin.in('POST', '/resume')
    await admin.in('DELETE', '', { confirm: admin.org })
    const { id } = await request()
    expect(await ready(id)).toMatchObject({ status: 'ready' })
    expect((await download(id)).status).toBe(200)
    await admin.in('POST', '/restore')
  })
})

describe('the time of a file', () => {
  test('ends: it is expired at once, and removed by the next run', async () => {
    const sql = databaseOf(server)
    const { id } = await ready((await request()).id)
    const kept = await ready((await request()).id)
    expect(stored().some((name) => name.includes(id))).toBe(true)
    await sql`update exports set expires_at = now() - interval '1 second' where id = ${id}`
    expect((await get(id)).status).toBe('expired')
    expect((await download(id)).status).toBe(404)
    await until(() => !stored().some((name) => name.includes(id)), 'the removal of an expired file')
    await until(
      async () =>
        (await sql`select from exports where id = ${id} and status = 'expired' and path is null`).length ===
        1,
    )
    expect(stored().some((name) => name.includes(kept.id))).toBe(true)
    await sql.end({ timeout: 1 })
  })
})

describe('a server that is killed in mid-export', () => {
  /** Messages that take some seconds to write. */
  const ROWS = 150_000

  test('goes on after its restart, and ends with one file; killed at every attempt it fails without one', async () => {
    const own = await startServer({ env: { MC_JOB_LEASE_MS: '1000' } })
    const sql = databaseOf(own)
    try {
      const boss = await setUp(own)
      await sql`
        with general as (select org_id, id from channels limit 1)
        insert into messages (org_id, id, channel_id, seq, sender_type, sender_name, kind, content, created_at)
        select org_id, gen_random_uuid(), id, n, 'system', 'S', 'text', repeat(md5(n::text), 20), now()
        from general, generate_series(1, ${ROWS}::int) n`
      await sql`update channels set last_seq = ${ROWS}`
      const begun = async (id: string, attempts: number) =>
        await until(
          async () =>
            (
              await sql`select from exports where id = ${id} and attempts = ${attempts} and status = 'processing' and progress > 0`
            ).length === 1,
          `attempt ${attempts}`,
        )

      const first = (await request(boss)).id
      await begun(first, 1)
      await own.kill('SIGKILL')
      expect(stored(own).every((name) => name.endsWith('.part'))).toBe(true)
      await own.restart()
      const made = await ready(first, boss)
      expect(made).toMatchObject({ status: 'ready' })
      expect(stored(own)).toEqual([expect.stringMatching(new RegExp(`^${first}-.*\\.tar\\.gz$`))])
      const file = Buffer.from(await (await download(first, boss, own)).arrayBuffer())
      expect(createHash('sha256').update(file).digest('hex')).toBe(made.sha256!)
      expect(manifestOf(file).files.find(({ name }) => name === 'messages.jsonl')?.rows).toBe(ROWS)
      const events = await sql`select type from events where type like 'export.%' order by sequence`
      expect(events.map(({ type }) => type)).toEqual(['export.requested', 'export.ready'])

      const second = (await request(boss)).id
      for (const attempt of [1, 2, 3]) {
        await begun(second, attempt)
        await own.kill('SIGKILL')
        await own.restart()
      }
      const failed = await ready(second, boss)
      expect(failed).toMatchObject({ status: 'failed', error: expect.stringContaining('stopped 3 times') })
      expect(stored(own).filter((name) => name.includes(second))).toEqual([])
    } finally {
      await sql.end({ timeout: 1 })
      await own.stop()
    }
  }, 300_000)
})

describe('a bucket instead of the folder', () => {
  test('holds the file, and the deletion of the org removes it', async () => {
    const own = await startServer({ env: bucket.env })
    const sql = databaseOf(own)
    try {
      const boss = await setUp(own)
      const made = await ready((await request(boss)).id, boss)
      expect(made.status).toBe('ready')
      expect(bucket.stored().filter((path) => path.includes(made.id)).length).toBeGreaterThan(0)
      expect(stored(own)).toEqual([])
      const file = Buffer.from(await (await download(made.id, boss, own)).arrayBuffer())
      expect(createHash('sha256').update(file).digest('hex')).toBe(made.sha256!)
      await sql`update organizations set status = 'pending_deletion', deletion_at = now() - interval '1 second'`
      await until(
        () => bucket.stored().filter((path) => path.includes(made.id)).length === 0,
        'the removal with the org',
      )
    } finally {
      await sql.end({ timeout: 1 })
      await own.stop()
    }
  }, 180_000)

  test('that is away makes the export fail with a reason and without internals', async () => {
    const own = await startServer({
      env: { ...bucket.env, MC_S3_SECRET_ACCESS_KEY: 'wrong', MC_JOB_LEASE_MS: '1000' },
    })
    try {
      const boss = await setUp(own)
      const failed = await ready((await request(boss)).id, boss)
      expect(failed).toMatchObject({
        status: 'failed',
        error: 'The file could not be written. The log of the server says why.',
      })
      expect(own.log()).toContain('SignatureDoesNotMatch')
    } finally {
      await own.stop()
    }
  }, 180_000)
})
