import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CredentialMissing, CredentialsUnavailable } from '../../src/config/config.ts'
import { openCredentials } from '../../src/config/credentials/open.ts'
import { secretsFile } from '../../src/config/credentials/secrets-file.ts'
import { credentialsContract } from './credentials-contract.ts'
import { until } from './stand-ins/means.ts'

let folder = ''
let number = 0
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bridge-secrets-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function fresh(name = 'keys.env'): string {
  const place = join(folder, `${number++}`)
  mkdirSync(place)
  return join(place, name)
}
const write = (path: string, text: string, mode = 0o600) => {
  writeFileSync(path, text, { mode })
  chmodSync(path, mode)
}
const open = (path: string, env: Record<string, string> = {}) =>
  openCredentials({ provider: 'file', path }, { env })
const problem = async (path: string) => {
  const error = await open(path)
    .get('A')
    .catch((reason: unknown) => reason)
  if (error instanceof CredentialsUnavailable) return error.message
  throw new Error('was not refused', { cause: error })
}

describe('a secrets file', () => {
  credentialsContract(() => {
    const path = fresh()
    return {
      source: (means) => secretsFile(path, means),
      // By a rename: the contract counts changes, and a file that is written in place is seen half-written.
      put: (values) => {
        const lines = Object.entries(values).map(([name, value]) => `${name}="${value}"\n`)
        write(`${path}.new`, lines.join(''))
        renameSync(`${path}.new`, path)
      },
    }
  })
})

describe('forms', () => {
  test.each([
    ['keys.env', '# keys\nexport A="one two" # note\nB=2\n\n'],
    ['keys', "A='one two'\nB = 2\n"],
    ['keys.yaml', 'A: one two\nB: "2"\n'],
    ['keys.yml', '{ A: one two, B: "2" }'],
    ['keys.json', '{ "A": "one two", "B": "2" }'],
  ])('%s is read', async (name, text) => {
    const path = fresh(name)
    write(path, text)
    expect([await open(path).get('A'), await open(path).get('B')]).toEqual(['one two', '2'])
  })

  test.each([
    ['keys.yaml', 'A: 2\n'],
    ['keys.yaml', '- A\n'],
    ['keys.yaml', 'A: "open\n'],
    ['keys.json', 'null-secret'],
  ])('%s with other contents is refused without a word of them: %p', async (name, text) => {
    const path = fresh(name)
    write(path, text)
    expect(await problem(path)).toBe(
      `${path} must hold lines NAME=value, or, as .yaml or .json, names with texts as their values.`,
    )
  })
})

describe('B82 a secrets file is refused', () => {
  test.each([0o644, 0o640, 0o660, 0o604, 0o602])(
    'with mode %o, with the command that closes it',
    async (mode) => {
      const path = fresh()
      write(path, 'A=1\n', mode)
      expect(await problem(path)).toBe(
        `${path} can be read or changed by others. Close it with: chmod 600 ${path}`,
      )
      chmodSync(path, 0o600)
      expect(await open(path).get('A')).toBe('1')
    },
  )

  test('when it belongs to another user', async () => {
    const path = fresh("it's mine.env")
    write(path, 'A=1\n')
    const me = process.getuid?.() ?? 0
    const means = { env: {}, fetch, now: Date.now, pause: async () => undefined, report: () => undefined }
    await expect(secretsFile(path, means, me + 1).read()).rejects.toThrow(
      `belongs to another user. Take it over with: chown ${me + 1} '${path.replace("'", "'\\''")}'`,
    )
  })

  test('when it is not there, is a folder, or is too large', async () => {
    const path = fresh()
    expect(await problem(path)).toBe(`There is no secrets file ${path}.`)
    mkdirSync(path)
    expect(await problem(path)).toContain('is not a file')
    const large = fresh()
    write(large, `A=${'x'.repeat(300 * 1024)}`)
    expect(await problem(large)).toContain('larger than 256 KiB')
  })

  test('through a link to a file with the wrong mode, and read through one to a closed file', async () => {
    const path = fresh()
    const link = fresh()
    write(path, 'A=1\n', 0o644)
    symlinkSync(path, link)
    expect(await problem(link)).toContain('can be read or changed by others')
    chmodSync(path, 0o600)
    expect(await open(link).get('A')).toBe('1')
  })
})

describe('a watched file', () => {
  test('tells changes without polling: written in place, and replaced by a rename', async () => {
    const path = fresh()
    write(path, 'A=1\n')
    const credentials = open(path)
    const end = new AbortController()
    let changes = 0
    expect(await credentials.get('A')).toBe('1')
    credentials.watch(() => changes++, end.signal)
    // The watch begins at once; its first reading finds the values that are known already.
    write(path, 'A=2\n')
    await until(() => changes >= 1)
    expect(await credentials.get('A')).toBe('2')
    const before = changes
    const next = `${path}.new`
    write(next, 'A=3\n')
    renameSync(next, path)
    await until(() => changes > before)
    expect(await credentials.get('A')).toBe('3')
    end.abort()
  })
})

describe('credentials of systemd', () => {
  test('a loaded secrets file goes before the file itself', async () => {
    const loaded = fresh()
    write(loaded, 'A=loaded\n', 0o440)
    const path = join(folder, 'not-there', 'keys.env')
    expect(await open(path, { CREDENTIALS_DIRECTORY: join(loaded, '..') }).get('A')).toBe('loaded')
  })

  test('the environment goes before loaded credentials, and a name with a path is none', async () => {
    const loaded = fresh('MC_KEY')
    write(loaded, 'from-file\n')
    const env = { CREDENTIALS_DIRECTORY: join(loaded, '..') }
    const of = (more: Record<string, string>) =>
      openCredentials({ provider: 'env' }, { env: { ...env, ...more } })
    expect(await of({}).get('MC_KEY')).toBe('from-file')
    expect(await of({ MC_KEY: 'from-env' }).get('MC_KEY')).toBe('from-env')
    await expect(of({}).get('../MC_KEY')).rejects.toBeInstanceOf(CredentialMissing)
    await expect(of({}).get('OTHER')).rejects.toThrow('The environment variable OTHER is not set.')
  })
})
