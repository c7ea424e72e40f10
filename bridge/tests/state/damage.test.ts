import { Database } from 'bun:sqlite'
import { describe, expect, test } from 'bun:test'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import fc from 'fast-check'
import { openState } from '../../src/state/open.ts'
import { StateTooNew } from '../../src/state/port.ts'
import { MIGRATIONS } from '../../src/state/schema.ts'
import { stateFolder } from './folder.ts'
import { added, finish, message } from './rows.ts'

const folder = stateFolder()
const NOW = Date.UTC(2026, 10, 27, 9, 30)

/** A file with rows of many pages, closed. */
function filled(rows = 40): string {
  const path = folder.file()
  const state = folder.open(path)
  for (let n = 1; n <= rows; n++)
    state.receive('scout', `log.${n}`, message(`e${n}`, { text: 'x'.repeat(n * 100) }))
  state.close()
  return path
}

/** Opens what must be moved aside: the new file works, the old one is kept as it was. */
function expectMovedAside(path: string): void {
  const before = readFileSync(path)
  const state = folder.open(path, { now: () => NOW })
  expect(state.moved_aside).toBe(`${path}.damaged-2026-11-27T09-30-00-000Z`)
  expect(readFileSync(state.moved_aside ?? '')).toEqual(before)
  expect([state.cursor('scout'), state.unfinished('scout'), state.counts().unfinished]).toEqual([null, [], 0])
  expect(state.receive('scout', 'log.1', message('e1'))?.id).toBe('e1')
  state.close()
  const again = folder.open(path)
  expect([again.moved_aside, again.cursor('scout')]).toEqual([null, 'log.1'])
}

describe('B70 a new file', () => {
  test('its folder is made, and only its owner reads it', () => {
    const path = join(dirname(folder.file()), 'deep', 'er', 'state.db')
    const state = folder.open(path)
    state.receive('scout', 'log.1', message('e1'))
    const mode = (name: string) => statSync(name).mode & 0o777
    expect([mode(path), mode(`${path}-wal`), mode(`${path}.lock`)]).toEqual([0o600, 0o600, 0o600])
    expect(mode(dirname(path))).toBe(0o700)
  })

  test('an empty file is a new one', () => {
    const path = folder.file()
    writeFileSync(path, '')
    expect(folder.open(path).moved_aside).toBeNull()
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('B16 nothing that people wrote is left in the file of a row that is done', () => {
    const path = folder.file()
    const state = folder.open(path)
    finish(state, added(state, 'scout', message('e1', { text: 'a-secret-plan '.repeat(1_000) })))
    state.close()
    expect(readFileSync(path).includes('a-secret-plan')).toBe(false)
    expect(readdirSync(dirname(path)).sort()).toEqual(['state.db', 'state.db.lock'])
  })
})

describe('B71 a damaged file is moved aside', () => {
  test('text instead of a database', () => {
    const path = folder.file()
    writeFileSync(path, 'this is no database '.repeat(500))
    expectMovedAside(path)
  })

  test('zeros', () => {
    const path = filled()
    writeFileSync(path, new Uint8Array(statSync(path).size))
    expectMovedAside(path)
  })

  test('a file format that does not exist', () => {
    const path = filled()
    const bytes = readFileSync(path)
    bytes[47] = 5
    writeFileSync(path, bytes)
    expectMovedAside(path)
  })

  test('a bad header', () => {
    const path = filled()
    const bytes = readFileSync(path)
    bytes.fill(0xff, 0, 100)
    writeFileSync(path, bytes)
    expectMovedAside(path)
  })

  test('a torn page', () => {
    const path = filled()
    const bytes = readFileSync(path)
    for (let page = 1; page * 4096 < bytes.length; page++) bytes.fill(0x5a, page * 4096, page * 4096 + 512)
    writeFileSync(path, bytes)
    expectMovedAside(path)
  })

  test('a file that was cut', () => {
    const path = filled()
    truncateSync(path, Math.floor(statSync(path).size / 2))
    expectMovedAside(path)
  })

  test('a row that breaks its own rules', () => {
    const path = filled()
    const db = new Database(path)
    db.run('pragma ignore_check_constraints = on')
    db.run(`update work set step = 'elsewhere' where id = 'e3'`)
    db.close()
    expectMovedAside(path)
  })

  test('a database of another program, which is not changed', () => {
    const path = folder.file()
    const db = new Database(path, { create: true })
    db.run('create table notes (text text)')
    db.close()
    expectMovedAside(path)
  })

  test('a table is missing or has another shape', () => {
    for (const sql of [
      'drop table spoken',
      'alter table work add column extra text',
      'drop index work_oldest',
    ]) {
      const path = filled(3)
      const db = new Database(path)
      db.run(sql)
      db.close()
      expectMovedAside(path)
    }
  })

  test('the new file does not meet the write-ahead log of the old one', () => {
    const running = filled(3)
    folder.open(running).receive('scout', 'log.4', message('e4'))
    const path = folder.file()
    writeFileSync(path, 'this is no database '.repeat(500))
    copyFileSync(`${running}-wal`, `${path}-wal`)
    const fresh = folder.open(path)
    expect(fresh.moved_aside).not.toBeNull()
    expect([fresh.cursor('scout'), fresh.agents()]).toEqual([null, []])
    fresh.receive('scout', 'log.1')
    fresh.close()
    expect(folder.open(path).cursor('scout')).toBe('log.1')
  })

  test('a damaged file whose log has all of its pages is whole', () => {
    const running = folder.file()
    folder.open(running).receive('scout', 'log.1', message('e1'))
    const path = folder.file()
    writeFileSync(path, 'this is no database '.repeat(500))
    copyFileSync(`${running}-wal`, `${path}-wal`)
    const state = folder.open(path)
    expect([state.moved_aside, state.cursor('scout')]).toEqual([null, 'log.1'])
  })

  test('a second one in the same moment has a name of its own', () => {
    const path = folder.file()
    const open = () => {
      writeFileSync(path, 'this is no database '.repeat(500))
      const state = folder.open(path, { now: () => NOW })
      state.close()
      return basename(state.moved_aside ?? '')
    }
    const name = 'state.db.damaged-2026-11-27T09-30-00-000Z'
    expect([open(), open(), open()]).toEqual([name, `${name}-2`, `${name}-3`])
  })
})

test('whatever bytes are damaged, the bridge starts, and every row it then sees can be read', () => {
  const good = filled()
  const size = statSync(good).size
  const where = fc.record({
    at: fc.nat(size - 1),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }),
  })
  fc.assert(
    fc.property(fc.array(where, { minLength: 1, maxLength: 4 }), (spots) => {
      const path = folder.file()
      mkdirSync(dirname(path), { recursive: true })
      copyFileSync(good, path)
      const content = readFileSync(path)
      for (const { at, bytes } of spots) content.set(bytes.subarray(0, size - at), at)
      writeFileSync(path, content)
      const state = openState(path)
      try {
        const rows = state.unfinished('scout')
        expect(state.counts().unfinished).toBe(rows.length)
        if (state.moved_aside !== null) expect(rows).toEqual([])
        state.receive('scout', 'log.99', message('e99'))
        expect(state.cursor('scout')).toBe('log.99')
      } finally {
        state.close()
      }
    }),
    { numRuns: 150 },
  )
})

test('a torn write-ahead log loses its end, not the agreement of rows and cursor', async () => {
  const good = folder.file()
  const state = folder.open(good)
  for (let n = 1; n <= 20; n++) state.receive('scout', `log.${n}`, message(`e${n}`))
  const log = readFileSync(`${good}-wal`)
  const main = readFileSync(good)
  for (let cut = 0; cut <= log.length; cut += 1_777) {
    const path = folder.file()
    writeFileSync(path, main)
    writeFileSync(`${path}-wal`, log.subarray(0, cut))
    const torn = folder.open(path)
    const rows = torn.unfinished('scout').length
    expect([torn.moved_aside, torn.cursor('scout')]).toEqual([null, rows === 0 ? null : `log.${rows}`])
    torn.close()
  }
})

describe('B74 versions of the schema', () => {
  const NEXT = [...MIGRATIONS, `alter table cursor add column note text not null default ''`]

  test('an older file is brought forward with its rows', () => {
    const path = filled(3)
    expect(folder.open(path, { migrations: NEXT }).unfinished('scout').length).toBe(3)
  })

  test('a file from before sub-agents keeps its rows and takes those of sub-agents', () => {
    const path = folder.file()
    const before = folder.open(path, { migrations: MIGRATIONS.slice(0, 2) })
    const rows = [added(before, 'scout', message('e1')), added(before, 'scout', message('e2'))]
    before.close()
    const state = folder.open(path)
    expect(state.moved_aside).toBeNull()
    expect(state.unfinished('scout')).toEqual(rows)
    expect(added(state, 'scout', message('a1', { kind: 'sub_agent', seq: null })).number).toBe(3)
  })

  test('a newer file is refused and left alone', () => {
    const path = filled(3)
    folder.open(path, { migrations: NEXT }).close()
    const before = readFileSync(path)
    expect(() => openState(path)).toThrow(StateTooNew)
    expect(() => openState(path)).toThrow(`schema ${NEXT.length}`)
    expect(readFileSync(path)).toEqual(before)
    expect(existsSync(`${path}-wal`)).toBe(false)
  })

  test('a migration that fails leaves the file at its version', () => {
    const path = filled(3)
    const broken = [...MIGRATIONS, 'create table extra (x text); insert into nowhere values (1)']
    expect(() => openState(path, { migrations: broken })).toThrow('nowhere')
    expect(folder.open(path).unfinished('scout').length).toBe(3)
  })
})
