/** Values and files that the installer meets, and which are not what they should be: an option in place of a value, half a line. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const SCRIPT = readFileSync(join(import.meta.dir, '..', '..', 'scripts', 'install.sh'), 'utf8')
/** Its functions without their call. */
const FUNCTIONS = SCRIPT.slice(0, SCRIPT.lastIndexOf('\nmain "$@"')).replace('\n{\n', '\n')

let folder: string
beforeAll(() => {
  // Spaces, quotes, a line break and what shells expand.
  folder = mkdtempSync(join(tmpdir(), 'mc \'a" $(id) `id` %d\n*-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function bash(script: string, words: string[] = [], env: Record<string, string> = {}) {
  const { exitCode, stdout, stderr } = Bun.spawnSync(['/bin/bash', '-s', '--', ...words], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdin: new TextEncoder().encode(script),
  })
  return { code: exitCode, output: stdout.toString() + stderr.toString() }
}

test.each([
  [['--domain', '--no-docker']],
  [['--domain', '-x']],
  [['--domain', '.']],
  [['--domain', 'a..b']],
  [['--domain', 'mc.example.com\nMC_HOST=0.0.0.0']],
  [['--domain', 'mc.example.com/path']],
  [['--domain', '$(touch here)']],
  [['--port', '0']],
  [['--port', '65536']],
  [['--port', '99999']],
  [['--port', '08']],
  [['--port', '80\nMC_HOST=0.0.0.0']],
  [['--version', '..']],
  [['--version', '-x']],
  [['--version', '1.2.3\nX=y']],
])('%j is a mistake, told before anything happens', (words) => {
  const { code, output } = bash(SCRIPT, words)
  expect([code, output.includes('Usage: install.sh')]).toEqual([2, true])
})

test('an image with a line of its own is refused', () => {
  const { code } = bash(SCRIPT, ['--domain', 'mc.example.com'], { MC_IMAGE: 'a\nMC_JWT_SECRET=known' })
  expect(code).toBe(2)
})

test('the address of the releases is no format, and a folder may be called anything', () => {
  const releases = join(folder, 'a%20b', '1.2.3')
  mkdirSync(releases, { recursive: true })
  writeFileSync(join(releases, 'file'), 'found')
  const { code, output } = bash(
    `${FUNCTIONS}\nFROM=''\nWORK=$(mktemp -d)\nbring file\ncat "$WORK/file"\nrm -r "$WORK"\n`,
    [],
    {
      MC_RELEASES: `${folder}/a%20b/%s`,
      MC_VERSION: '1.2.3',
      TMPDIR: folder,
    },
  )
  expect([code, output]).toEqual([0, 'found'])
})

test('a setting that an editor left without the end of its line keeps its value', () => {
  const file = join(folder, 'server.env')
  writeFileSync(file, '# a comment\nMC_SMTP_URL=smtp://mail.example.com')
  const { code, output } = bash(`${FUNCTIONS}\nsetting "$1" MC_PORT 3000\nsetting "$1" MC_SMTP_URL other\n`, [
    file,
  ])
  expect([code, output]).toEqual([0, ''])
  expect(readFileSync(file, 'utf8')).toBe('# a comment\nMC_SMTP_URL=smtp://mail.example.com\nMC_PORT=3000\n')
})

test('the command for the shell reads settings as the service does: the last line too, and nothing else', () => {
  const file = join(folder, 'of-wrapper.env')
  writeFileSync(file, '# A=b\nA B=c\nno setting\nMC_ONE=$(id) `id` "x" \'y\'\nX;id=1\nMC_LAST=last')
  const wrapper = bash(`${FUNCTIONS}\nwrapper\n`).output
  const reads = /^while[\s\S]*?^done/m.exec(wrapper)?.[0]
  const script = `${reads} <"$1"\nprintf '%s|%s' "$MC_ONE" "$MC_LAST"\n`
  const { exitCode, stdout, stderr } = Bun.spawnSync(['/bin/sh', '-euc', script, 'sh', file], { env: {} })
  expect(stderr.toString()).toBe('')
  expect([exitCode, stdout.toString()]).toEqual([0, '$(id) `id` "x" \'y\'|last'])
})
