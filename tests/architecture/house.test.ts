import { describe, expect, test } from 'bun:test'
import { COMMANDS } from '../../src/commands/registry.ts'
import { roomOf, violations } from './check-file.ts'
import { ROOMS } from './rules.ts'
import { factsOf } from './source.ts'
import { filesBelow, read, sourceFiles } from './tree.ts'

describe('the house', () => {
  const files = sourceFiles()

  test('every file keeps to the arrows, the homes of libraries and the runtime of its room', () => {
    expect(files.length).toBeGreaterThan(50)
    expect(files.flatMap((path) => violations(path, read(path)))).toEqual([])
  })

  test('each command has a file of its own, called like it', () => {
    const missing = [...COMMANDS.keys()]
      .map((name) => `src/commands/${name.replace(/[._]/g, '-')}.ts`)
      .filter((path) => !files.includes(path))
    expect(missing).toEqual([])
    const crowded = files
      .filter((path) => path.startsWith('src/commands/'))
      .filter((path) => (read(path).match(/^export const \w+: Command</gm) ?? []).length > 1)
    expect(crowded).toEqual([])
  })

  test('the proofs in poc/ import nothing of the program, and not each other', () => {
    const proofs = filesBelow('poc').filter((path) => path.endsWith('.ts'))
    expect(proofs.length).toBeGreaterThan(5)
    expect(proofs.flatMap((path) => violations(path, read(path)))).toEqual([])
  })

  test('a test is never narrowed or left out by hand', () => {
    const narrowed = files
      .filter((path) => /\.test\.ts$/.test(path))
      .flatMap((path) => factsOf(path, read(path)).narrowed.map((call) => `${path}: ${call}`))
    expect(narrowed).toEqual([])
  })

  test('the table names only rooms that are in it', () => {
    const names = new Set(ROOMS.map((room) => room.name))
    for (const room of ROOMS)
      for (const other of room.imports === 'anything' ? [] : room.imports)
        expect([room.name, names.has(other)]).toEqual([room.name, true])
  })
})

/** Each rule refuses what it is there to refuse: a file that breaks it, never written to the disk. */
const PLANTED: readonly [rule: string, path: string, source: string, complaint: string][] = [
  [
    'contracts import nothing of the house',
    'src/contracts/x.ts',
    `import { a } from '../domain/a.ts'`,
    'contracts does not import domain',
  ],
  [
    'type-only imports count',
    'src/contracts/x.ts',
    `import type { A } from '../domain/a.ts'`,
    'contracts does not import domain',
  ],
  [
    're-exports count',
    'src/contracts/x.ts',
    `export * from '../domain/a.ts'`,
    'contracts does not import domain',
  ],
  [
    'types by import() count',
    'src/contracts/x.ts',
    `export type A = import('../domain/a.ts').A`,
    'contracts does not import domain',
  ],
  [
    'dynamic imports count',
    'src/contracts/x.ts',
    `await import('../domain/a.ts')`,
    'contracts does not import domain',
  ],
  [
    'contracts are browser-safe',
    'src/contracts/x.ts',
    `import { join } from 'node:path'`,
    'contracts uses node:path',
  ],
  ['contracts are browser-safe', 'src/contracts/x.ts', 'export const a = Bun.hash(1)', 'contracts uses Bun'],
  [
    'contracts know one library',
    'src/contracts/x.ts',
    `import { z } from 'zod'`,
    'contracts does not import zod',
  ],
  [
    'domain does not write',
    'src/domain/x.ts',
    `import { db } from '../db/client.ts'`,
    'domain does not import db',
  ],
  [
    'domain does not call commands',
    'src/domain/x.ts',
    `import { c } from '../commands/a.ts'`,
    'domain does not import commands',
  ],
  ['domain has no clock', 'src/domain/x.ts', 'export const a = () => Date.now()', 'domain uses Date.now'],
  ['domain has no clock', 'src/domain/x.ts', 'export const a = () => new Date()', 'domain uses new Date()'],
  [
    'domain has no chance',
    'src/domain/x.ts',
    'export const a = () => Math.random()',
    'domain uses Math.random',
  ],
  ['domain has no network', 'src/domain/x.ts', `await fetch('x')`, 'domain uses fetch'],
  ['domain has no timers', 'src/domain/x.ts', 'setTimeout(() => {}, 1)', 'domain uses setTimeout'],
  [
    'actors do not know the database',
    'src/actors/org/x.ts',
    `import type { Database } from '../../db/client.ts'`,
    'actors does not import db',
  ],
  [
    'actors do not know the cluster',
    'src/actors/org/x.ts',
    `import { r } from '../../cluster/redis.ts'`,
    'actors does not import cluster',
  ],
  [
    'actors are web-standard',
    'src/actors/org/x.ts',
    `import { createHash } from 'node:crypto'`,
    'actors uses node:crypto',
  ],
  ['actors are web-standard', 'src/actors/org/x.ts', 'await Bun.sleep(1)', 'actors uses Bun'],
  ['actors are web-standard', 'src/actors/org/x.ts', 'export const s: Bun.Server = a', 'actors uses Bun'],
  [
    'actors are given the time',
    'src/actors/org/x.ts',
    'export const a = { now: Date.now }',
    'actors uses Date.now',
  ],
  ['actors are given timers', 'src/actors/org/x.ts', 'setInterval(() => {}, 1)', 'actors uses setInterval'],
  [
    'the database does not know actors',
    'src/db/x.ts',
    `import type { LaneStore } from '../actors/runtime/lane.ts'`,
    'db does not import actors',
  ],
  [
    'the database does not know commands',
    'src/db/x.ts',
    `import { c } from '../commands/a.ts'`,
    'db does not import commands',
  ],
  [
    'the cluster does not know the database',
    'src/cluster/x.ts',
    `import { db } from '../db/client.ts'`,
    'cluster does not import db',
  ],
  [
    'auth does not know the database',
    'src/auth/x.ts',
    `import { db } from '../db/client.ts'`,
    'auth does not import db',
  ],
  [
    'commands do not know HTTP',
    'src/commands/x.ts',
    `import { a } from '../http/reply.ts'`,
    'commands does not import http',
  ],
  [
    'commands write no SQL',
    'src/commands/x.ts',
    'await context.write(context.sql`delete from tasks`)',
    'commands uses context.sql',
  ],
  [
    'commands write no SQL',
    'src/commands/x.ts',
    'const rows = await sql<Row[]>`select 1`',
    'commands uses sql',
  ],
  [
    'commands do not know actors',
    'src/commands/x.ts',
    `import { a } from '../actors/org/org-actor.ts'`,
    'commands does not import actors',
  ],
  [
    'workers do not know HTTP',
    'src/workers/x.ts',
    `import { a } from '../http/reply.ts'`,
    'workers does not import http',
  ],
  [
    'HTTP does not know what joins it',
    'src/http/x.ts',
    `import { a } from '../server.ts'`,
    'http does not import composition',
  ],
  [
    'the configuration reaches rooms as arguments',
    'src/http/x.ts',
    `import type { Config } from '../config.ts'`,
    'http does not import config',
  ],
  ['nothing imports main', 'src/core.ts', `import { a } from './main.ts'`, 'nothing imports main'],
  [
    'nothing imports main, tests neither',
    'tests/unit/x.test.ts',
    `import '../../src/main.ts'`,
    'nothing imports main',
  ],
  [
    'drizzle is at home in db',
    'src/commands/x.ts',
    `import { eq } from 'drizzle-orm'`,
    'drizzle-orm belongs to db',
  ],
  ['postgres is at home in db', 'src/core.ts', `import postgres from 'postgres'`, 'postgres belongs to db'],
  ['Elysia is at home in http', 'src/auth/x.ts', `import { Elysia } from 'elysia'`, 'elysia belongs to http'],
  [
    'Elysia’s plugins too',
    'src/main.ts',
    `import { swagger } from '@elysiajs/swagger'`,
    '@elysiajs/swagger belongs to http',
  ],
  [
    'ioredis is at home in cluster',
    'src/http/x.ts',
    `import Redis from 'ioredis'`,
    'ioredis belongs to cluster',
  ],
  ['jose is at home in auth', 'src/http/x.ts', `import { jwtVerify } from 'jose'`, 'jose belongs to auth'],
  ['arctic is at home in auth', 'src/http/x.ts', `import { Google } from 'arctic'`, 'arctic belongs to auth'],
  [
    'Quasar is at home in the app',
    'bridge/src/x.ts',
    `import { QBtn } from 'quasar'`,
    'quasar belongs to ui',
  ],
  ['pino is at home in the log', 'src/http/x.ts', `import pino from 'pino'`, 'pino belongs to log'],
  [
    'the app knows contracts only',
    'ui/src/x.ts',
    `import { a } from '../../src/domain/access.ts'`,
    'ui does not import domain',
  ],
  [
    'the app’s components too',
    'ui/src/X.vue',
    `<script setup lang="ts">\nimport { a } from '../../src/http/app.ts'\n</script>\n<template><p /></template>`,
    'ui does not import http',
  ],
  ['the app runs in a browser', 'ui/src/x.ts', `import { join } from 'node:path'`, 'ui uses node:path'],
  [
    'the bridge knows contracts only',
    'bridge/src/x.ts',
    `import { a } from '../../src/http/app.ts'`,
    'bridge does not import http',
  ],
  [
    'a proof of concept imports nothing of the program',
    'poc/one/run.ts',
    `import { a } from '../../src/contracts/errors.ts'`,
    'poc does not import contracts',
  ],
  [
    'a proof of concept does not know the others',
    'poc/one/run.ts',
    `import { a } from '../two/run.ts'`,
    'imports another question',
  ],
  [
    'nothing imports a proof of concept',
    'src/http/x.ts',
    `import { a } from '../../poc/one/run.ts'`,
    'nothing imports poc',
  ],
  [
    'the program does not need its tests',
    'src/http/x.ts',
    `import { a } from '../../tests/support/server.ts'`,
    'http does not import tests',
  ],
  ['a new room has to be put on the plan', 'src/helpers/x.ts', '', 'no such room'],
]

describe('the rules refuse', () => {
  test.each(PLANTED)('%s: %s %s', (_rule, path, source, complaint) => {
    expect(violations(path, source).join('\n')).toContain(complaint)
  })

  test('and let pass what is right', () => {
    const fine: readonly [string, string][] = [
      ['src/contracts/x.ts', `import { Type } from '@sinclair/typebox'\nexport * from './y.ts'`],
      [
        'src/domain/x.ts',
        `import type { A } from '../contracts/a.ts'\nexport const a = (now: number) => new Date(now)\nexport const b = { fetch: 1, process: 2 }`,
      ],
      [
        'src/actors/org/x.ts',
        `import { systemClock } from '../runtime/clock.ts'\nimport { a } from '../../domain/a.ts'`,
      ],
      [
        'src/commands/x.ts',
        `import { a } from '../db/queries/a.ts'\n// import from '../http/a.ts' and Bun.sleep in a comment\nexport const s = "import x from 'elysia'"`,
      ],
      [
        'src/http/x.ts',
        `import { Elysia } from 'elysia'\nimport { join } from 'node:path'\nimport { a } from '../actors/org/org-actor.ts'`,
      ],
      ['ui/src/x.ts', `import { ref } from 'vue'\nimport { A } from '@contracts/errors.ts'`],
      ['tests/unit/x.test.ts', `import postgres from 'postgres'\nimport { a } from '../../src/core.ts'`],
    ]
    expect(fine.flatMap(([path, source]) => violations(path, source))).toEqual([])
  })

  test('a narrowed test in any form', () => {
    for (const source of [
      `test.only('a', f)`,
      `it.skip('a', f)`,
      `describe.only.each([1])('a', f)`,
      `test.todo('a')`,
    ])
      expect([source, factsOf('tests/a.test.ts', source).narrowed.length]).toEqual([source, 1])
    expect(
      factsOf('tests/a.test.ts', `test.skipIf(!redis)('a', f); list.only(); test('a.only', f)`).narrowed,
    ).toEqual([])
  })

  test('every file of src has a room', () => {
    expect(roomOf('src/main.ts')?.name).toBe('main')
    expect(roomOf('src/core.ts')?.name).toBe('composition')
    expect(roomOf('src/actors/runtime/clock.ts')?.name).toBe('system clock')
  })
})
