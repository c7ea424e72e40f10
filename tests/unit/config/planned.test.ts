import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Reader } from '../../../src/config/reader.ts'
import { readSettings } from '../../../src/config/settings.ts'
import { ConfigError, loadConfig, settingsOf } from '../../../src/config.ts'

const SRC = join(import.meta.dir, '..', '..', '..', 'src')

const planned = settingsOf({}).filter(({ built }) => !built)

describe('I-64 settings that nothing reads yet', () => {
  test('all that are given are refused at once, by name', () => {
    const env = Object.fromEntries(planned.map(({ name }) => [name, 'hunter2']))
    let problems: readonly string[] = []
    try {
      loadConfig(env)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      problems = error.problems
    }
    expect(problems.map((problem) => problem.split(' is not built yet')[0])).toEqual(
      planned.map(({ name }) => name),
    )
    expect(problems.join()).not.toContain('hunter2')
  })

  test('an empty one counts as not set, as compose files write it', () => {
    expect(() => loadConfig({ MC_REDIS_URL: '', MC_S3_BUCKET: ' ' })).not.toThrow()
  })

  test('a second node cannot be started by MC_REDIS_URL', () => {
    expect(planned.map(({ name }) => name)).toContain('MC_REDIS_URL')
  })
})

/** Source files outside the table of settings itself. */
function sources(): string[] {
  return readdirSync(SRC, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.startsWith(join(SRC, 'config/')))
}

test('every setting of the table is read somewhere in src: as a property, or by destructuring', () => {
  const text = sources()
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n')
  const keys = Object.keys(readSettings(new Reader({})))
  const unread = keys.filter(
    (key) =>
      !new RegExp(`(config|settings|values|options)\\.${key}\\b|[{,]\\s*${key}\\b[^}:]*}\\s*[:=]`).test(text),
  )
  expect(unread).toEqual([])
  // Every environment variable is either one of these keys or refused.
  const read = new Reader({})
  readSettings(read)
  expect(read.settings.filter(({ built }) => built)).toHaveLength(keys.length)
})
