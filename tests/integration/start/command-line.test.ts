import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { SERVER_VERSION } from '../../../src/contracts/version.ts'

const ROOT = join(import.meta.dir, '../../..')

async function run(words: readonly string[], script = ['src/main.ts']) {
  const child = Bun.spawn([process.execPath, ...script, ...words], {
    cwd: ROOT,
    // No command here may get as far as a data folder.
    env: { PATH: process.env.PATH ?? '', MC_DATA_DIR: '/dev/null' },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [code, out, err] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  expect(err, words.join(' ')).not.toMatch(/^ +at /m)
  return { code, out, err }
}

const NAMES = [
  'serve',
  'demo',
  'migrate up',
  'migrate down',
  'db seed',
  'import',
  'backup',
  'restore',
  'upgrade-database',
  'admin create-user',
  'admin reset-password',
  'admin rotate-jwt-secret',
  'archive list',
  'archive restore',
  'doctor',
  'health',
  'config',
]

describe('the command line', () => {
  test('"--version" prints the version alone, and so does "-v"', async () => {
    for (const flag of ['--version', '-v'])
      expect(await run([flag])).toEqual({ code: 0, out: `${SERVER_VERSION}\n`, err: '' })
  })

  test.each(NAMES)('"%s --help" prints its usage', async (command) => {
    for (const flag of ['--help', '-h']) {
      const { code, out } = await run([...command.split(' '), flag])
      expect(code).toBe(0)
      expect(out).toContain(`Usage: mission-control ${command}`)
    }
  })

  test('"--help" lists every command, and a group its members', async () => {
    const { out } = await run(['--help'])
    const rows = out.split('\n').filter((line) => /^ {2}[a-z]/.test(line))
    expect(rows).toHaveLength(NAMES.length)
    for (const [i, command] of NAMES.entries()) expect(rows[i]).toStartWith(`  ${command} `)
    expect((await run(['migrate', '--help'])).out).toContain('migrate down --to N')
  })

  test.each([
    [['nonsense'], 'There is no command "nonsense"'],
    [['migrate'], 'Usage: mission-control migrate up'],
    [['migrate', 'sideways'], 'There is no command "migrate sideways"'],
    [['migrate', 'down'], '--to is missing'],
    [['migrate', 'down', '--to', 'back'], '--to must be the number'],
    [['migrate', 'down', '--to'], 'Usage: mission-control migrate down --to N'],
    [['serve', '--port', '80'], "Unknown option '--port'"],
    [['--port', '80'], "Unknown option '--port'"],
    [['db', 'seed', 'twice'], 'Usage: mission-control db seed [--openclaw] [--force]'],
    [['import'], '--file is missing'],
    [['import', 'a.tar.gz', 'b.tar.gz'], "Unexpected argument 'b.tar.gz'"],
    [['restore'], '--file is missing'],
    [['upgrade-database'], '--old is missing'],
    [['admin'], 'Usage: mission-control admin create-user'],
    [['admin', 'create-user', '--email', 'a@example.com'], '--name is missing'],
    [['admin', 'reset-password'], '--email is missing'],
    [['admin', 'reset-password', 'a@example.com', 'b'], "Unexpected argument 'b'"],
    [['config', '--force'], 'Usage: mission-control config'],
  ])('a mistake: %p', async (words, says) => {
    const { code, err } = await run(words)
    expect(code).toBe(2)
    expect(err).toContain(says)
  })

  // A folder that cannot be one, an address of nobody: what is wrong is said in a sentence or two, without a stack trace.
  test.each([
    [['migrate', 'up']],
    [['migrate', 'down', '--to', '0']],
    [['db', 'seed']],
    [['backup']],
    [['restore', 'none.tar.gz']],
    [['import', 'none.tar.gz']],
    [['upgrade-database', '--old', '/nowhere']],
    [['admin', 'create-user', '--email', 'a@example.com', '--name', 'A', '--org', 'a']],
    [['admin', 'reset-password', 'a@example.com']],
    [['admin', 'rotate-jwt-secret']],
    [['archive', 'list', '--org', 'a']],
    [['health']],
    [['doctor']],
  ] as const)('a failure: %p', async (words) => {
    const { code, out, err } = await run(words)
    expect(code).toBe(1)
    expect(out + err).toMatch(/\S/)
    if (words[0] !== 'doctor') expect(err.trim().split('\n').length).toBeLessThan(4)
  })

  test('a setting that cannot be is told by "config" and by every command, all at once', async () => {
    for (const command of [['config'], ['doctor'], ['migrate', 'up']]) {
      const child = Bun.spawn([process.execPath, 'src/main.ts', ...command], {
        cwd: ROOT,
        env: {
          PATH: process.env.PATH ?? '',
          MC_DATA_DIR: '/dev/null',
          MC_PORT: 'many',
          MC_LOG_LEVEL: 'loud',
        },
        stdout: 'pipe',
        stderr: 'pipe',
      })
      const said = (await new Response(child.stdout).text()) + (await new Response(child.stderr).text())
      expect([command, await child.exited]).toEqual([command, 1])
      for (const name of ['MC_PORT', 'MC_LOG_LEVEL']) expect(said).toContain(name)
      expect(said).not.toMatch(/^ +at /m)
    }
  })

  test.each(['dev', 'test', 'prepare'])(
    '"npm start -- %s --help" prints its usage and does nothing',
    async (name) => {
      const { code, out } = await run([name, '--help'], ['scripts/start.mjs'])
      expect(code).toBe(0)
      expect(out).toStartWith('Usage: npm ')
    },
  )
})
