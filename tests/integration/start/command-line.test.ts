import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'

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

const COMMANDS = [
  'serve',
  'demo',
  'migrate up',
  'migrate down',
  'db seed',
  'import',
  'backup',
  'restore',
  'upgrade-database',
  'admin reset-password',
  'archive list',
  'archive restore',
  'doctor',
  'health',
  'config',
]

describe('the command line', () => {
  test.each(COMMANDS)('"%s --help" prints its usage', async (command) => {
    for (const flag of ['--help', '-h']) {
      const { code, out } = await run([...command.split(' '), flag])
      expect(code).toBe(0)
      expect(out).toContain(`Usage: mission-control ${command}`)
    }
  })

  test('"--help" lists every command, and a group its members', async () => {
    const { out } = await run(['--help'])
    for (const command of COMMANDS) expect(out).toContain(`  ${command}`)
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
    [['admin', 'reset-password'], '--email is missing'],
    [['admin', 'reset-password', 'a@example.com', 'b'], "Unexpected argument 'b'"],
    [['config', '--force'], 'Usage: mission-control config'],
  ])('a mistake: %p', async (words, says) => {
    const { code, err } = await run(words)
    expect(code).toBe(2)
    expect(err).toContain(says)
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
